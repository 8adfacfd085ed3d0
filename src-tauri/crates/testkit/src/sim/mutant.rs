//! Planted mutants: wrong protocols by name, each of which the checker must find.
//!
//! A test that has never failed proves nothing. Each mutant bends one rule at the place where the
//! simulator drives the protocol, so that the rules in `domain`, `store` and `disk` stay free of
//! switches; they exist only where the feature `sim` is on.

use super::fault::Fault;
use std::fmt;

macro_rules! mutants {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $wrong:literal, $by:expr;)+) => {
        /// One wrong protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Mutant {
            $($(#[$doc])* $name,)+
        }

        impl Mutant {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name it is asked for by.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What it does wrong, in one line.
            pub const fn wrong(self) -> &'static str {
                match self { $(Self::$name => $wrong,)+ }
            }

            /// The invariants that mean it: another one would find it by accident.
            pub const fn caught_by(self) -> &'static [&'static str] {
                match self { $(Self::$name => &$by,)+ }
            }
        }
    };
}

mutants! {
    /// Time frees an order.
    RegrantOnTimeout = "regrant-on-timeout", "an order whose holder fell silent is free again", ["I12"];
    /// Nobody looks.
    RegrantWithoutLook = "regrant-without-look", "an order in doubt is freed though nobody looked for the parcel", ["I12"];
    /// A new store speaks for the lost one.
    IgnoreIncarnation = "ignore-incarnation", "a reinstalled workstation's word frees what the lost one held", ["I12"];
    /// Events are told apart by their number alone.
    SkipHashCompare = "skip-hash-compare", "the authority skips events by number without comparing hashes", ["I6", "I7"];
    /// Green before the disk has it.
    AckBeforeFsync = "ack-before-fsync", "the clerk sees green before the commit is durable", ["I7"];
    /// "I have dropped it" before it is dropped.
    RevokeAckBeforeDrop = "revoke-ack-before-drop", "a workstation reports a lease as dropped before the drop is durable", ["I2", "I10", "I12"];
    /// The cursor and what it stands for are two commits.
    CursorOutsideTransaction = "cursor-outside-transaction", "the feed's cursor is saved before the page it stands for", ["I8", "I11"];
    /// An old fence passes.
    FenceGe = "fence-ge", "the word of any earlier holder counts as the current one's", ["I12"];
    /// A call that was long on its way counts like a fresh one.
    BelieveLateCalls = "believe-late-calls", "a lease counts as given back when an old call does not name it", ["I1", "I2", "I10", "I12"];
    /// A restored authority goes on before it has heard everybody.
    HearLateCalls = "hear-late-calls", "a restored authority takes a call from before the restore for its caller's last word", ["I1", "I9", "I10"];
    /// A recovery ends for callers who follow another feed still.
    EpochBeforeFeed = "epoch-before-feed", "a workstation speaks to a restored authority as its own before it follows its feed, and is heard all the same", ["L2"];
    /// A journal with unreadable events counts as read.
    SilenceOverParked = "silence-over-parked", "what is not held counts as given back though its holder's release could not be read", ["I1", "I10", "I12"];
    /// The lease's clock stands still with the machine.
    SleepingClock = "sleeping-clock", "a lease is measured by a clock that stands still while the machine sleeps", ["I1", "I10"];
    /// The second barrier believes an old word of customs.
    StaleCustoms = "stale-customs", "a parcel is loaded however long customs was silent", ["I3"];
    /// Movements are told whether or not the books can bear them.
    BooksNotAsked = "books-not-asked", "a movement is published that the balances cannot bear", ["I5"];
    /// Facts that do not fit are refused.
    RejectFacts = "reject-facts", "an event that needs a look is acknowledged and not kept", ["I6", "I7", "I9"];
    /// "Cancelled" as soon as it was asked.
    CancelAtOnce = "cancel-at-once", "a cancellation is answered while a workstation holds the order", ["I10"];
    /// A feed position is taken before it is known that anything will be told.
    FeedGap = "feed-gap", "an act that is refused leaves a hole in the feed", ["I11"];
    /// Whatever lies nearest.
    WrongLot = "wrong-lot", "goods of another ledger item are reserved when the declared ones are short", ["I13"];
    /// One bad event stops the queue.
    BlockedQueue = "blocked-queue", "an event that needs a look is sent back, and everything behind it waits", ["L1", "I9"];
    /// Nobody is told.
    DoubtWithoutCase = "doubt-without-case", "an order in doubt is put before nobody", ["L2"];
    /// Commits that only the operating system has.
    SynchronousNormal = "synchronous-normal", "commits are not synced (SQLite's synchronous=NORMAL)", ["I7", "I11"];
}

impl Mutant {
    /// What must break often for it to show: the runs it is looked for in are prone to that.
    pub(super) fn shows_in(self) -> &'static [Fault] {
        match self {
            Self::SkipHashCompare => &[Fault::CopyDisk, Fault::OlderCopy, Fault::CloneDisk],
            Self::HearLateCalls => &[Fault::BackUp, Fault::Restore],
            Self::IgnoreIncarnation => &[Fault::LoseDisk, Fault::EnrolAnew],
            Self::FenceGe => &[Fault::Partition, Fault::EnrolAnew],
            Self::BelieveLateCalls => &[Fault::Partition, Fault::OtherBoot],
            Self::EpochBeforeFeed => &[Fault::BackUp, Fault::Restore, Fault::PowerCut],
            Self::SilenceOverParked => &[Fault::EnrolAnew],
            Self::SleepingClock => &[Fault::Suspend],
            _ => &[],
        }
    }

    /// The mutant of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|mutant| mutant.name() == name)
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
