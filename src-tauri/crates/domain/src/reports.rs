//! A report (报表) or certificate as plain tables: what is said, not how it is laid out.
//!
//! One small shape serves the stock report, the zero-drift certificate and whatever a supervisor
//! prints next: everything arrives as finished text in the reader's language, because the window
//! shows the same rows and the two must not differ in a digit. Layout, page breaks and page
//! numbers belong to the crate `paper`.

use serde::{Deserialize, Serialize};

/// A document of tables, ready to be shown or printed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// What it is.
    pub title: String,
    /// What it covers: warehouse, ledger, feed position, who issued it and when.
    pub subtitle: Vec<String>,
    /// The one sentence a certificate exists for.
    pub verdict: Option<Verdict>,
    /// Its tables, in reading order.
    pub tables: Vec<Table>,
    /// Captions of the lines to sign on, after the last table.
    pub signatures: Vec<String>,
    /// Small print at the foot of every page.
    pub footer: String,
    /// The page number in words, with `{page}` and `{pages}`.
    pub page_of: String,
}

/// What a certificate attests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The sentence.
    pub says: String,
    /// Whether it is the good one; on paper a full or an open mark, never colour alone.
    pub holds: bool,
}

/// One table. Rows and totals have as many cells as there are columns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Table {
    /// Heading above it; empty for none.
    pub heading: String,
    /// Its columns, left to right.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// The closing row, empty for none.
    pub totals: Vec<String>,
    /// What stands there instead of rows when there are none.
    pub when_empty: String,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its head.
    pub head: String,
    /// Its natural width in millimetres on A4; columns are stretched alike to fill the line.
    pub width_mm: u16,
    /// Which way its cells are set.
    pub align: Align,
}

/// Which way the cells of a column are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Words and codes.
    Left,
    /// Figures.
    Right,
}

/// What the reports room may say about paper.
pub mod says {
    crate::messages! {
        yes {}
        no {
            /// No typeface at hand has this character.
            missing_glyph(title, code_point) = "reports.missing_glyph";
            /// The columns are wider than A4 laid sideways.
            too_wide(title) = "reports.too_wide";
            /// A row is taller than a page.
            too_tall(title, row) = "reports.too_tall";
            /// A row has more or fewer cells than the table has columns.
            ragged(title, row) = "reports.ragged";
        }
    }
}
