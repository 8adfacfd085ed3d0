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

/// A QR code of error level M, the smallest version that holds the text.
///
/// The mask is chosen by the standard's penalty rules; a fixed mask would halve the time and cost
/// readability on worn thermal heads. `None` when the text is too long for any version.
pub fn qr(text: &str) -> Option<Symbol> {
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).ok()?;
    let side = code.size();
    let mut runs = Vec::new();
    for y in 0..side {
        let mut start = None;
        for x in 0..=side {
            match (code.get_module(x, y), start) {
                (true, None) => start = Some(x),
                (false, Some(from)) => {
                    runs.push(Run { column: from.unsigned_abs(), row: y.unsigned_abs(), length: x.abs_diff(from) });
                    start = None;
                }
                _ => {}
            }
        }
    }
    Some(Symbol { columns: side.unsigned_abs(), rows: side.unsigned_abs(), quiet: 4, runs })
}
