//! Which protocol numbers understand each other: an integer range on both sides.

use serde::{Deserialize, Serialize};

/// The protocol numbers one side speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The oldest.
    pub min: u16,
    /// The newest.
    pub max: u16,
}

/// What this version speaks.
pub const OURS: Range = Range { min: 1, max: 1 };

impl Range {
    /// The newest number both speak, if there is one.
    pub fn agree(self, other: Self) -> Option<u16> {
        let newest = self.max.min(other.max);
        (newest >= self.min.max(other.min)).then_some(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_number_is_spoken_or_none() {
        let old = Range { min: 1, max: 3 };
        assert_eq!(old.agree(Range { min: 2, max: 7 }), Some(3));
        assert_eq!(old.agree(Range { min: 4, max: 7 }), None);
    }
}
