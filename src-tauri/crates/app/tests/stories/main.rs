//! The workstation's stories: real commands on a real store, the scanner a pseudo-terminal, the platform
//! its real server.
//!
//! `cargo test -p bondhouse-app --test stories floor::` runs those of one file.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise and says what it saw"
)]

#[path = "../../../platform/tests/stories/support/mod.rs"]
mod support;
#[path = "../../../store/tests/stories/world/mod.rs"]
mod world;

mod chaos;
mod codes;
mod copies;
mod floor;
mod inspection;
mod lan;
mod offline;
mod recovery;
mod renewal;
mod scanners;
mod shift;
mod site;
mod station;
