//! The store's stories and laws, on real files.
//!
//! `cargo test -p bondhouse-store --test stories books::` runs those of one file.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise and says what it saw"
)]

mod books;
mod evidence;
mod laws;
mod snapshot;
mod world;
