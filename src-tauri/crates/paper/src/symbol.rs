//! A bar code or QR code as runs of dark modules: the shape both have in common, so that one
//! routine turns either into whole dots.

/// Dark modules side by side in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// First module from the left, counted from 0 inside the quiet zone.
    pub column: u32,
    /// Row from the top.
    pub row: u32,
    /// How many modules.
    pub length: u32,
}

/// A symbol in modules, without size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Modules from left to right, without quiet zones.
    pub columns: u32,
    /// Modules from top to bottom; 1 for a linear code, whose height is free.
    pub rows: u32,
    /// Modules that must stay white on every side (Code 128: left and right).
    pub quiet: u32,
    /// Every dark run, row by row.
    pub runs: Vec<Run>,
}
