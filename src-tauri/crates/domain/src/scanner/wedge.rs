//! Recognises a scanner that types like a keyboard.
//!
//! Serial is the main path; a scanner in keyboard mode is the fallback of a workstation without a
//! free port. People type slowly and unevenly, a scanner sends at least four keys each within 35 ms
//! of the one before and ends with Enter. Only what fulfils that is a scan; everything else is left
//! to the page, in order. Keys are taken by what is printed on them (key codes), not by the
//! characters an input method would make of them.

/// The longest pause between two keys of a scanner, in milliseconds.
pub const FASTEST_TYPIST_MS: u64 = 35;

/// Fewer keys than this are a person's.
pub const FEWEST_KEYS: usize = 4;

/// One key going down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A key that types a character.
    Character(char),
    /// Enter.
    Enter,
    /// Anything else, Escape or an arrow for instance: no scanner sends one.
    Other,
}

/// Takes keys with their times and gives scans.
#[derive(Debug, Clone, Default)]
pub struct Wedge {
    held: String,
    keys: usize,
    last_at: Option<u64>,
}

impl Wedge {
    /// Takes a key pressed at `at` (milliseconds); answers with a scan when this Enter ends one.
    pub fn press(&mut self, at: u64, key: Key) -> Option<String> {
        let quick = self
            .last_at
            .is_some_and(|last| at.saturating_sub(last) < FASTEST_TYPIST_MS);
        if !quick {
            self.clear();
        }
        self.last_at = Some(at);
        match key {
            Key::Character(character) => {
                self.held.push(character);
                self.keys = self.keys.saturating_add(1);
                None
            }
            Key::Enter => {
                let scan = (self.keys >= FEWEST_KEYS).then(|| std::mem::take(&mut self.held));
                self.clear();
                scan
            }
            Key::Other => {
                self.clear();
                None
            }
        }
    }

    fn clear(&mut self) {
        self.held.clear();
        self.keys = 0;
        self.last_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, pause: u64) -> Option<String> {
        let mut wedge = Wedge::default();
        let mut at = 0;
        for character in text.chars() {
            at += pause;
            assert_eq!(wedge.press(at, Key::Character(character)), None);
        }
        wedge.press(at + pause, Key::Enter)
    }

    #[test]
    fn a_scanner_types_faster_than_any_clerk() {
        assert_eq!(typed("6901234567892", 8).as_deref(), Some("6901234567892"));
        assert_eq!(typed("6901234567892", 35), None);
        assert_eq!(typed("690", 8), None);
    }

    #[test]
    fn what_a_clerk_typed_before_is_not_part_of_the_scan() {
        let mut wedge = Wedge::default();
        wedge.press(0, Key::Character('x'));
        let mut at = 400;
        for character in "YT123".chars() {
            at += 5;
            wedge.press(at, Key::Character(character));
        }
        assert_eq!(wedge.press(at + 5, Key::Enter).as_deref(), Some("YT123"));
        assert_eq!(wedge.press(at + 10, Key::Enter), None);
    }

    #[test]
    fn a_key_no_scanner_has_ends_the_attempt() {
        let mut wedge = Wedge::default();
        for (at, character) in "YT123".chars().enumerate() {
            wedge.press(at as u64, Key::Character(character));
        }
        wedge.press(6, Key::Other);
        assert_eq!(wedge.press(7, Key::Enter), None);
    }
}
