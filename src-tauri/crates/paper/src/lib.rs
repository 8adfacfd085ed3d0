//! Data to the bytes of a label or document.
//!
//! Three doors. [`render_waybills`] puts labels on paper by a [`Template`] and [`render_report`] sets
//! tables on A4; both answer with a PDF whose fonts are cut down to the characters used, whose text
//! can be searched, and which has no metadata. [`rasterise_waybill`] makes the same label into the
//! dots of a print head, to be sent as ZPL or TSPL.
//!
//! What guides every choice here: **a parcel must never travel under a label that says less than it
//! should.** PDF libraries leave out characters a font lacks without a word, and clip what does not
//! fit; here both are refusals that name the character or the field. Bars and QR modules are whole
//! dots of the print head, because a bar of 2.6 dots is sometimes two and sometimes three.
//!
//! This crate does not choose words (they come from the catalogue when a template is read), does not
//! mask personal data (it refuses what is not masked), and does not print: bytes out, no devices.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test stops at the first surprise"
    )
)]

mod bitmap;
mod canvas;
mod card;
mod code128;
mod error;
mod fonts;
mod pattern;
mod pdf;
mod qr;
mod report;
mod symbol;
mod template;
mod text;
mod tspl;
mod waybill;
mod zpl;

pub use bitmap::Bitmap;
pub use card::render_bench_card;
pub use code128::{NotEncodable, code128, gs1_128};
pub use error::PaperError;
pub use fonts::Fonts;
pub use qr::qr;
pub use report::render_report;
pub use symbol::{Run, Symbol};
pub use template::{Head, Template, TemplateError};
pub use waybill::{rasterise_waybill, render_waybill, render_waybills};
