//! Planted mutants: wrong protocols by name, each of which the checker must find.
//!
//! A test that has never failed proves nothing. Each mutant bends one rule at the place where the
//! simulator drives the protocol, so that the rules in `domain`, `store` and `disk` stay free of
//! switches; they exist only where the feature `sim` is on.

use std::fmt;

macro_rules! mutants {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $wrong:literal;)+) => {
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
        }
    };
}

mutants! {
    /// Time frees an order.
    RegrantOnTimeout = "regrant-on-timeout", "an order whose holder fell silent is free again";
    /// Nobody looks.
    RegrantWithoutLook = "regrant-without-look", "an order in doubt is freed though nobody looked for the parcel";
    /// A new store speaks for the lost one.
    IgnoreIncarnation = "ignore-incarnation", "a reinstalled workstation's word frees what the lost one held";
    /// Events are told apart by their number alone.
    SkipHashCompare = "skip-hash-compare", "the authority skips events by number without comparing hashes";
    /// Green before the disk has it.
    AckBeforeFsync = "ack-before-fsync", "the clerk sees green before the commit is durable";
    /// "I have dropped it" before it is dropped.
    RevokeAckBeforeDrop = "revoke-ack-before-drop", "a workstation reports a lease as dropped before the drop is durable";
    /// The cursor and what it stands for are two commits.
    CursorOutsideTransaction = "cursor-outside-transaction", "the feed's cursor is saved before the page it stands for";
    /// An old fence passes.
    FenceGe = "fence-ge", "the word of any earlier holder counts as the current one's";
    /// A call that was long on its way counts like a fresh one.
    BelieveLateCalls = "believe-late-calls", "a lease counts as given back when an old call does not name it";
    /// Commits that only the operating system has.
    SynchronousNormal = "synchronous-normal", "commits are not synced (SQLite's synchronous=NORMAL)";
}

impl Mutant {
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
