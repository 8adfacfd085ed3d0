//! What is printed, as somebody else's eyes read it. One program, so that it is linked once.
//!
//! `cargo test -p bondhouse-paper --test stories labels::` runs those of one file.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise and says what it saw"
)]

mod card;
mod common;
mod dots;
mod labels;
mod reports;
mod symbols;
