//! What was witnessed in a run, checked line by line as it is witnessed.

use bondhouse_domain::invariants::seen::{Line, Rules, Seen};
use bondhouse_domain::invariants::{Breach, Checker};
use bondhouse_domain::time::Instant;

/// The history of one run. After the first breach nothing more is added.
pub(super) struct History {
    pub(super) step: u64,
    /// The true time.
    pub(super) now: Instant,
    checker: Checker,
    breach: Option<Breach>,
    lines: Vec<Line>,
    keep: bool,
}

impl History {
    /// An empty history; `keep` keeps its lines, which the checker does not need.
    pub(super) fn new(now: Instant, keep: bool) -> Self {
        let mut history = Self {
            step: 0,
            now,
            checker: Checker::default(),
            breach: None,
            lines: Vec::new(),
            keep,
        };
        history.say(Seen::Begun {
            rules: Rules::default(),
        });
        history
    }

    pub(super) fn say(&mut self, seen: Seen) {
        if self.breach.is_some() {
            return;
        }
        let line = Line {
            step: self.step,
            at: self.now,
            seen,
        };
        self.breach = self.checker.see(&line).err();
        if self.keep {
            self.lines.push(line);
        }
    }

    pub(super) fn breach(&self) -> Option<&Breach> {
        self.breach.as_ref()
    }

    /// The lines, and the first breach, the end included when the run came to it.
    pub(super) fn close(mut self, ended: bool) -> (Vec<Line>, Option<Breach>) {
        if ended && self.breach.is_none() {
            self.breach = self.checker.finish().err();
        }
        (self.lines, self.breach)
    }
}
