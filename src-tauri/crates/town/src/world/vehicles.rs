//! What the town's vehicles really weigh empty: what customs' weighbridge reads, whatever a pass declares.
//!
//! A forwarder knows its trucks and says so with each notice. Nobody tells the platform what a carrier's
//! van weighs; its operator lists it, rightly or wrongly. A plate that is not of this town is not
//! weighed: not every gate has a weighbridge.

use super::World;
use crate::dice::Dice;
use bondhouse_domain::quantity::Weight;

/// The carriers' vans: plate and kg when empty.
pub const VANS: [(&str, i64); 2] = [("浙B6A001", 4_350), ("浙B6A002", 5_120)];

impl World {
    /// Plate of the truck that brings the `k`-th notice.
    pub(super) fn truck(&self, k: u64) -> String {
        format!("浙B{:05}", self.first_truck() + k % 1_000)
    }

    const fn first_truck(&self) -> u64 {
        20_000 + (self.seed % 70) * 1_000
    }

    /// What a vehicle really weighs empty; nothing for one that is not of this town.
    pub fn empty_weight(&self, plate: &str) -> Option<Weight> {
        if let Some((_, kg)) = VANS.iter().find(|(van, _)| *van == plate) {
            return Weight::whole(*kg);
        }
        let number: u64 = plate.strip_prefix("浙B")?.parse().ok()?;
        let of_ours = self.first_truck()..self.first_truck() + 1_000;
        let tens = Dice::of(self.seed, "truck", number).between(750, 1_600);
        of_ours
            .contains(&number)
            .then(|| Weight::whole(i64::try_from(tens * 10).ok()?))?
    }
}
