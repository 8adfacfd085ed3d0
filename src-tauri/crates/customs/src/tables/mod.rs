//! One table per message: element, field, form, need, in the order of the standard.
//!
//! Where the spec's order and a genuine sample's differ, the sample's stands. Forms: `C(n)` exactly,
//! `Up(n)` at most n characters. Tables marked *layout unverified* follow one implementation only; in
//! which order their elements are written stands in `unverified.txt`.

pub(crate) mod bonded_note;
pub(crate) mod ceb_receipts;
pub(crate) mod ceb_requests;
pub(crate) mod gate_pass;
pub(crate) mod local;
pub(crate) mod transport;
pub(crate) mod warehouse;
