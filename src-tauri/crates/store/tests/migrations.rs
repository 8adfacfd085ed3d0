//! Every version of a workstation's database so far, with a worked shift in it, becomes the newest one
//! whatever happens on the way.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says what it saw"
)]

#[path = "../../disk/tests/matrix/mod.rs"]
mod matrix;
#[path = "stories/world/mod.rs"]
mod world;

use crate::world::{World, counted, picked, released, started};
use bondhouse_domain::facts::Condition;
use bondhouse_store::SCHEMA;
use matrix::Matrix;

/// Counted, put away, packed, pushed, taken back: something in every room.
fn worked() -> World {
    let mut world = World::with_leases(&["B1", "B2", "B3"]);
    world.record(vec![counted(3, Condition::Damaged)]).unwrap();
    world
        .record(vec![started("B1", 1), picked("B1"), released("B1", 1)])
        .unwrap();
    world.push(3);
    world.record(vec![started("B2", 1), picked("B2")]).unwrap();
    world.revoke("B3", 1);
    world.restart();
    world.assert_sound();
    world
}

#[test]
#[ignore = "the test below starts it in a process of its own"]
fn the_newest_program() {
    matrix::child(&SCHEMA);
}

#[test]
fn every_version_so_far_becomes_the_newest_killed_at_any_sync_on_the_way() {
    if !matrix::possible() {
        return;
    }
    let mut world = worked();
    drop(world.store.take());
    let proved = Matrix {
        schema: SCHEMA,
        worked_with: world.path(),
    }
    .prove();
    println!("{proved:?}");
    assert_eq!(proved.versions, SCHEMA.migrations.len() - 1);
    assert!(proved.rows > 60, "{proved:?}");
}
