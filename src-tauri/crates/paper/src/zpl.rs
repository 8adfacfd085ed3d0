//! ZPL II, which Zebra printers and their many imitators speak: the whole label as one graphic.
//!
//! `^GFA` takes hexadecimal digits; runs of one digit are written as a count and the digit, a row
//! like the one above as `:`, and white or black to the end of a row as `,` or `!`.

use crate::bitmap::Bitmap;
use std::io::Write;

impl Bitmap {
    /// The bytes that print this once on a ZPL printer.
    pub fn zpl(&self) -> Vec<u8> {
        let total = self.row_bytes() * self.height();
        let mut out = Vec::new();
        // Writing to a Vec does not fail.
        let _ = write!(
            out,
            "^XA^PW{}^LL{}^LH0,0^FO0,0^GFA,{total},{total},{},",
            self.width(),
            self.height(),
            self.row_bytes()
        );
        let mut above: Option<&[u8]> = None;
        for row in self.rows() {
            if above.replace(row) == Some(row) {
                out.push(b':');
            } else {
                squeeze(row, &mut out);
            }
        }
        out.extend_from_slice(b"^FS^PQ1^XZ\n");
        out
    }
}

fn squeeze(row: &[u8], out: &mut Vec<u8>) {
    let digits: Vec<u8> = row
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xF])
        .collect();
    let mut runs = digits.chunk_by(|a, b| a == b).peekable();
    while let Some(run) = runs.next() {
        let digit = run.first().copied().unwrap_or_default();
        match (digit, runs.peek().is_none()) {
            (0x0, true) => out.push(b','),
            (0xF, true) => out.push(b'!'),
            _ => {
                count(run.len(), out);
                out.extend(
                    char::from_digit(u32::from(digit), 16).map(|c| c.to_ascii_uppercase() as u8),
                );
            }
        }
    }
}

/// `G`…`Y` stand for 1 to 19, `g`…`z` for 20, 40 … 400; they add up, and one is left unsaid.
fn count(mut length: usize, out: &mut Vec<u8>) {
    if length == 1 {
        return;
    }
    while length >= 20 {
        let twenties = (length / 20).min(20);
        out.extend((b'g'..=b'z').nth(twenties - 1));
        length -= twenties * 20;
    }
    if length > 0 {
        out.extend((b'G'..=b'Y').nth(length - 1));
    }
}
