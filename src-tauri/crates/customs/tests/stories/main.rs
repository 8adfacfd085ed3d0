//! What customs' messages must be read and written as. One program, so that it is linked once.
//!
//! `cargo test -p bondhouse-customs --test stories hostile::` runs those of one file.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise and says what it saw"
)]

mod forms;
mod headings;
mod hostile;
mod lines;
mod round_trip;
mod samples;
mod signature;
mod upload;
mod whole;
