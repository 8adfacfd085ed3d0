//! The order's life, exhaustively: every interleaving of a small warehouse, none left out.
//!
//! Two workstations, two orders, calls and answers that are lost, doubled and late, processes that die
//! on either side, one lost disk, one cancellation, fences up to 3, journals up to 4 events; nothing
//! bounds how often workstations call (docs/decisions/0023-the-model-keeps-what-matters.md says what is
//! bounded). What decides is the transition function of production ([`life`]); around it stand the
//! fewest words of the protocol in which two parcels of one order could come about ([`acts`]). The
//! simulator goes far and at random; this goes everywhere and not far.
//!
//! Not here: hashes, stock, customs, clocks that err (a lease that ran out cannot be used).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and reports what it saw"
)]

mod acts;
mod life;
mod world;

use acts::{Warehouse, Wrong};
use life::Life;
use stateright::{Checker, Model};

fn warehouse(wrong: Wrong) -> Warehouse {
    Warehouse {
        wrong,
        life: Life::by_the_rule(),
    }
}

#[test]
fn no_interleaving_packs_an_order_twice_or_after_its_cancellation() {
    let begun = std::time::Instant::now();
    let checker = warehouse(Wrong::Nothing)
        .checker()
        .threads(2)
        .spawn_bfs()
        .join();
    println!(
        "{} states, {} ways into them, {} acts deep, {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        begun.elapsed().as_secs_f64()
    );
    checker.assert_properties();
}

#[test]
fn every_wrong_protocol_is_found_within_the_same_bounds() {
    for wrong in [
        Wrong::BelievesLateCalls,
        Wrong::FreesByTime,
        Wrong::IgnoresLives,
        Wrong::CancelsAtOnce,
        Wrong::TakesEarlierFences,
    ] {
        let warehouse = warehouse(wrong);
        let checker = warehouse
            .checker()
            .threads(2)
            .finish_when(stateright::HasDiscoveries::AnyFailures)
            .spawn_bfs()
            .join();
        let broken = checker
            .discovery("I1: no order is packed twice")
            .or_else(|| {
                checker.discovery("I10: nothing is packed after it was answered cancelled")
            });
        let seen = checker.unique_state_count();
        let path = broken.unwrap_or_else(|| panic!("{wrong:?} broke nothing in {seen} states"));
        println!(
            "{wrong:?}: {} acts, {seen} states",
            path.into_actions().len()
        );
    }
}
