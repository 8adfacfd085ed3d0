//! Chance, passed in: every decision of the town draws from a die that its seed and its name make.
//!
//! A die is made anew for each thing decided (`Dice::of(seed, "order", 7)`), so that what happens to
//! order 7 does not depend on how many others were decided before it, or in which order messages
//! came. That is what makes a day replayable. SplitMix64: small, fast, good enough to shuffle with;
//! nothing secret is ever drawn from it.

/// A die of its own.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The die of the `n`-th thing called `what` under a seed.
    pub fn of(seed: u64, what: &str, n: u64) -> Self {
        // FNV-1a over the name; then one round each, so that neighbours have nothing in common.
        let name = what.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut dice = Self(seed);
        dice.0 = dice.roll() ^ name;
        dice.0 = dice.roll() ^ n;
        dice.roll();
        dice
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        let width = high.saturating_sub(low).saturating_add(1);
        low.saturating_add(self.roll().checked_rem(width).unwrap_or(0))
    }

    /// One of these; `None` only when there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let last = u64::try_from(from.len()).ok()?.checked_sub(1)?;
        from.get(usize::try_from(self.between(0, last)).ok()?)
    }

    /// Whether something happens that happens so often in a thousand.
    pub fn happens(&mut self, in_a_thousand: u32) -> bool {
        self.between(1, 1_000) <= u64::from(in_a_thousand)
    }

    /// A message's own number: 36 characters, upper case, shaped like a UUID.
    pub fn guid(&mut self) -> String {
        let bytes = (u128::from(self.roll()) << 64 | u128::from(self.roll())).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
            .to_uppercase()
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_seed_and_name_fall_the_same_and_any_other_does_not() {
        let rolls = |seed, what, n| {
            let mut dice = Dice::of(seed, what, n);
            [dice.roll(), dice.roll(), dice.roll()]
        };
        assert_eq!(rolls(7, "order", 1), rolls(7, "order", 1));
        for other in [
            rolls(8, "order", 1),
            rolls(7, "notice", 1),
            rolls(7, "order", 2),
        ] {
            assert_ne!(rolls(7, "order", 1), other);
        }
    }

    #[test]
    fn rates_are_kept_over_many_throws() {
        let mut dice = Dice::of(1, "rates", 0);
        let hits = (0..20_000).filter(|_| dice.happens(30)).count();
        assert!((450..=750).contains(&hits), "{hits}");
        assert!((0..1_000).all(|_| (3..=9).contains(&dice.between(3, 9))));
        assert!((0..1_000).all(|_| !dice.happens(0)));
    }
}
