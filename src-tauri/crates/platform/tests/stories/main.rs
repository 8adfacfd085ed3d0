//! The platform's stories, told to the real server: one program, so that it is linked once. What kills
//! processes, cuts the power or migrates is a program of its own beside it, because it needs the process.
//!
//! `cargo test -p bondhouse-platform --test stories clearing::` runs those of one file.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise and says what it saw"
)]

mod authority;
mod callbacks;
mod canary;
mod carriers;
mod clearing;
mod codes;
mod document;
mod door;
mod folders;
#[path = "../../../customs/tests/stories/headings.rs"]
mod headings;
mod hostile;
mod inspection;
mod keys;
mod life;
mod nodes;
mod operation;
mod parity;
mod partners;
mod payments;
mod restored;
mod returns;
mod settlement;
mod sheets;
mod support;
mod tenants;
mod weighbridge;
mod words;
mod workstations;
