//! TSPL, which most Chinese desk printers speak (Gprinter, Xprinter, Deli, Hprt): the whole label as
//! one `BITMAP`, in which a cleared bit is black.

use crate::bitmap::Bitmap;
use std::io::Write;

impl Bitmap {
    /// The bytes that print this once on a TSPL printer whose labels lie `gap_mm` millimetres apart.
    pub fn tspl(&self, gap_mm: u8) -> Vec<u8> {
        let (width, height) = self.paper_mm();
        let mut out = Vec::new();
        // Writing to a Vec does not fail.
        let _ = write!(
            out,
            "SIZE {width} mm,{height} mm\r\nGAP {gap_mm} mm,0 mm\r\nDIRECTION 1\r\nCLS\r\nBITMAP 0,0,{},{},0,",
            self.row_bytes(),
            self.height()
        );
        out.extend(self.rows().flatten().map(|byte| !byte));
        out.extend_from_slice(b"\r\nPRINT 1,1\r\n");
        out
    }
}
