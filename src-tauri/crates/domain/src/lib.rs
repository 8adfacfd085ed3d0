//! The nouns and rules of a bonded warehouse.
//!
//! Everything here is a value or a pure function over values: no file, socket, clock, SQL,
//! thread or random number. `now`, fresh ids and random bytes are always passed in. That is what
//! lets the desktop, the platform, the simulator and the checker run *the same* rules.
//!
//! One module per room, under the noun that room carries in every other layer; beneath them the
//! vocabulary all rooms share ([`ids`], [`quantity`], [`time`], [`message`]).
//!
//! | room | the question it answers |
//! |---|---|
//! | [`clearance`] | does the receipt log prove that customs let this parcel go? |
//! | [`customs`] | which documents pass between the parties? |
//! | [`comparison`], [`tax`] | would customs take these papers; what will it cost? |
//! | [`orders`] | what may happen to an order next? |
//! | [`leases`], [`offline`] | may this workstation act on this order, now, alone? |
//! | [`stock`], [`ledger`] | where is the stock; what does customs' book say; do they agree? |
//! | [`journal`] | what happened, in what order, provably unaltered? |
//! | [`digest`] | do workstation and authority believe the same? |
//! | [`invariants`] | does the evidence show that all of this held? |
//! | [`task`] | what is the clerk asked next, and how was the scan answered? |

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "a test stops at the first surprise"
    )
)]

pub mod cases;
pub mod clearance;
pub mod clock;
pub mod comparison;
pub mod customs;
pub mod digest;
pub mod facts;
pub mod feed;
pub mod framing;
pub mod gate;
pub mod gs1;
pub mod ids;
pub mod intake;
pub mod invariants;
pub mod journal;
pub mod labels;
pub mod leases;
pub mod ledger;
pub mod message;
pub mod offline;
pub mod orders;
pub mod people;
pub mod peripheral;
pub mod personal;
pub mod quantity;
pub mod release;
pub mod reports;
pub mod returns;
pub mod scale;
pub mod scanner;
pub mod settlement;
pub mod station;
pub mod stock;
pub mod sync;
pub mod task;
pub mod tax;
pub mod time;
