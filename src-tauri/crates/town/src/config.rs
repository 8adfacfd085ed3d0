//! How a town is started, how fast it lives and how much goes wrong in it.

use bondhouse_domain::ids::LedgerNo;
use bondhouse_domain::time::{Instant, Span};
use std::path::PathBuf;
use std::sync::Arc;

/// How a town is started.
#[derive(Clone)]
pub struct Config {
    /// Where the platform listens, `http://127.0.0.1:8080`.
    pub platform: String,
    /// The operator's key, for the first registration of everyone.
    pub admin_key: String,
    /// What everything is drawn from.
    pub seed: u64,
    /// How many orders are placed at once at the beginning.
    pub orders: u64,
    /// How many more are placed in a day; 0 for none.
    pub orders_a_day: u64,
    /// How many times faster than natural the town lives.
    pub speed: u32,
    /// How customs and buyers are disposed.
    pub temper: Temper,
    /// What goes wrong on the way.
    pub faults: Faults,
    /// Folder of the town's memory; without one a restart begins anew.
    pub data: Option<PathBuf>,
    /// The ledger its goods are booked in.
    pub ledger: LedgerNo,
    /// What time it is.
    pub clock: Clock,
}

impl Config {
    /// A calm town at a platform: everything is cleared, nothing goes wrong.
    pub fn calm(platform: impl Into<String>, admin_key: impl Into<String>, seed: u64) -> Self {
        Self {
            platform: platform.into(),
            admin_key: admin_key.into(),
            seed,
            orders: 0,
            orders_a_day: 200,
            speed: 1,
            temper: Temper::CALM,
            faults: Faults::NONE,
            data: None,
            ledger: LedgerNo::new("T3105W000076"),
            clock: Arc::new(system_now),
        }
    }

    pub(crate) fn pace(&self) -> Pace {
        Pace {
            speed: self.speed.max(1),
        }
    }
}

/// Where `now` comes from.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// The machine's clock.
pub fn system_now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok());
    Instant::from_millis(millis.unwrap_or(0))
}

/// How often something unusual is decided, in a thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Temper {
    /// Customs looks at a list by hand (300).
    pub reviews: u32,
    /// Of those, how many it then refuses (1300).
    pub refused_by_hand: u32,
    /// Customs inspects a parcel (500).
    pub inspections: u32,
    /// Customs refuses what nothing is wrong with.
    pub refusals: u32,
    /// Customs passes what its own rules object to.
    pub overlooks: u32,
    /// The institution's first payment record is wrong.
    pub wrong_payments: u32,
    /// The institution changes a payment while its list is with customs, and takes the change back later:
    /// the platform holds the order, customs releases it.
    pub second_thoughts: u32,
    /// The buyer cancels.
    pub cancellations: u32,
    /// The buyer sends something back.
    pub returns: u32,
    /// Quarantine draws samples of what a truck brings.
    pub samplings: u32,
    /// Of those, how often the goods are condemned.
    pub condemned: u32,
}

impl Temper {
    /// Nothing unusual.
    pub const CALM: Self = Self {
        reviews: 0,
        refused_by_hand: 0,
        inspections: 0,
        refusals: 0,
        overlooks: 0,
        wrong_payments: 0,
        second_thoughts: 0,
        cancellations: 0,
        returns: 0,
        samplings: 0,
        condemned: 0,
    };
    /// A few in a hundred, as in life.
    pub const USUAL: Self = Self {
        reviews: 30,
        refused_by_hand: 300,
        inspections: 20,
        refusals: 15,
        overlooks: 200,
        wrong_payments: 15,
        second_thoughts: 5,
        cancellations: 10,
        returns: 20,
        samplings: 100,
        condemned: 0,
    };
}

/// How often a message goes astray, in a thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faults {
    /// It comes late.
    pub late: u32,
    /// It comes twice.
    pub doubled: u32,
    /// It is lost and sent again by whoever misses the answer.
    pub lost: u32,
    /// Customs suspends what it released, and releases it again.
    pub contradictory: u32,
}

impl Faults {
    /// Every message comes once and at once.
    pub const NONE: Self = Self {
        late: 0,
        doubled: 0,
        lost: 0,
        contradictory: 0,
    };
    /// A few in a hundred.
    pub const USUAL: Self = Self {
        late: 20,
        doubled: 20,
        lost: 10,
        contradictory: 5,
    };
}

/// How fast the town lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    speed: u32,
}

impl Pace {
    /// The instant so many natural milliseconds after another; always later, never the same.
    pub(crate) fn later(self, at: Instant, millis: u64) -> Instant {
        let shortened = millis / u64::from(self.speed);
        at.plus(Span::millis(
            i64::try_from(shortened).unwrap_or(i64::MAX).max(1),
        ))
    }

    /// Between two orders of a day that has so many; `None` when it has none.
    pub(crate) fn between_orders(self, a_day: u64) -> Option<u64> {
        const DAY: u64 = 24 * 3_600 * 1_000;
        DAY.checked_div(a_day)
    }
}
