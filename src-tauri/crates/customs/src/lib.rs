//! Customs message codecs: bytes to domain values and back.
//!
//! Two families of messages, one reading core and one writing core, and between them tables: each
//! message is a list of elements in order, with length and need (`tables/`). To add a message, add its
//! value to `domain::customs`, its table here, and its line in `layout.rs`.
//!
//! The reader takes what real systems send: wrong encodings, doubled wrappers, missing elements, both
//! forms of time. It refuses what is unsafe: document types, entities, excess of any kind.
//! What it accepts with a doubt, it says so; what it does not know, it keeps and writes back.
//!
//! Not here: making signatures (whoever holds the U-key does), deciding what a receipt means.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        reason = "a test stops at the first surprise"
    )
)]

mod canonical;
mod codes;
mod envelope;
mod fault;
mod layout;
mod leaf;
pub mod lines;
pub mod papers;
mod read;
mod signature;
mod sink;
mod source;
mod table;
mod tables;
mod text;
mod unverified;
pub mod upload;
mod write;

pub use codes::CodeTable;
pub use envelope::{Exchange, Frame, Message, Package, Pocket, Record, Subscription, Transfer};
pub use fault::{Doubt, Fault, Place};
pub use read::{Limits, Reading, read, read_signed};
pub use signature::Signers;
pub use write::{enclose, objections, write};

use bondhouse_domain::customs::Document;

/// Whether the layout of a message was checked against a genuine sample; the others follow one
/// implementation's word and say so to whoever reads or writes them.
pub fn is_verified(kind: bondhouse_domain::customs::MessageKind) -> bool {
    layout::of(kind).is_some_and(|layout| layout.verified)
}

/// Replaces every person's data in a document by what may be shown (`甲*`, `138******34`).
///
/// Elements the standard does not name are dropped, because whose data they hold cannot be known.
pub fn mask(document: &mut Document) {
    layout::mask_document(document);
}
