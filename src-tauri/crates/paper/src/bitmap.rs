//! A label as the dots its print head burns.
//!
//! Drivers that turn a PDF into dots widen and dither bars, so for label printers we make the dots
//! ourselves and send them whole. The printer's own bar code commands would save bytes and lose the
//! certainty that what was tested is what is burnt: each maker chooses code sets and QR masks anew.

use crate::canvas::{Area, Canvas, Ink, Lettering};
use crate::fonts::Fonts;
use crate::template::Head;
use crate::text::MM_PER_PT;
use ab_glyph::{Font, FontRef, GlyphId, PxScale, point};

/// Dots in rows from the top, each row padded to whole bytes, first dot in the highest bit, 1 = black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: usize,
    height: usize,
    /// Millimetres, as the printer is told its paper.
    paper: (u16, u16),
    bits: Vec<u8>,
}

impl Bitmap {
    /// Dots in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The paper's width and height in whole millimetres.
    pub fn paper_mm(&self) -> (u16, u16) {
        self.paper
    }

    /// Bytes in a row.
    pub fn row_bytes(&self) -> usize {
        self.width.div_ceil(8)
    }

    /// The rows, from the top.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.bits.chunks(self.row_bytes().max(1))
    }

    /// As a portable bitmap (PBM, `P4`): for a preview, or to look at what went to a printer.
    pub fn pbm(&self) -> Vec<u8> {
        let mut out = format!("P4\n{} {}\n", self.width, self.height).into_bytes();
        out.extend_from_slice(&self.bits);
        out
    }

    fn new(canvas: &Canvas, head: Head) -> Self {
        let (width, height) = (dots(canvas.width, head), dots(canvas.height, head));
        let paper = (whole(canvas.width), whole(canvas.height));
        Self {
            width,
            height,
            paper,
            bits: vec![0; width.div_ceil(8) * height],
        }
    }

    fn set(&mut self, x: usize, y: usize, ink: Ink) {
        if x >= self.width || y >= self.height {
            return;
        }
        let byte = y * self.row_bytes() + x / 8;
        let bit = 0x80 >> (x % 8);
        if let Some(byte) = self.bits.get_mut(byte) {
            match ink {
                Ink::Black => *byte |= bit,
                Ink::White => *byte &= !bit,
            }
        }
    }
}

/// Turns a page into dots.
pub(crate) fn rasterise(fonts: &Fonts, canvas: &Canvas, head: Head) -> Bitmap {
    let mut bitmap = Bitmap::new(canvas, head);
    for filled in &canvas.boxes {
        fill(&mut bitmap, filled.area, filled.ink, head);
    }
    for lettering in &canvas.letterings {
        letter(&mut bitmap, fonts, lettering, head);
    }
    bitmap
}

/// Edges fall on the nearest dot; a rule thinner than a dot is still one dot.
fn fill(bitmap: &mut Bitmap, area: Area, ink: Ink, head: Head) {
    let (left, top) = (dots(area.x, head), dots(area.y, head));
    let right = dots(area.right(), head).max(left + 1);
    let bottom = dots(area.bottom(), head).max(top + 1);
    for y in top..bottom {
        for x in left..right {
            bitmap.set(x, y, ink);
        }
    }
}

fn letter(bitmap: &mut Bitmap, fonts: &Fonts, lettering: &Lettering, head: Head) {
    let Some(parsed) = fonts.parsed(lettering.face) else {
        return;
    };
    let Some(source) = parsed.source_bytes() else {
        return;
    };
    let Ok(font) = FontRef::try_from_slice(source.as_slice()) else {
        return;
    };
    let em = lettering.size * MM_PER_PT / head.dot();
    // ab_glyph measures size from ascent to descent, typography by the em.
    let scale = PxScale::from(em * font.height_unscaled() / font.units_per_em().unwrap_or(1000.0));
    let baseline = (lettering.baseline / head.dot()).round();
    let mut pen = lettering.x / head.dot();
    for glyph in &lettering.glyphs {
        let id = GlyphId(glyph.gid);
        // On whole dots, the same character always has the same shape.
        let placed = id.with_scale_and_position(scale, point(pen.round(), baseline));
        if let Some(outline) = font.outline_glyph(placed) {
            let corner = outline.px_bounds().min;
            outline.draw(|x, y, covered| {
                if covered >= 0.5 {
                    let (x, y) = (corner.x + whole_dots(x), corner.y + whole_dots(y));
                    bitmap.set(index(x), index(y), lettering.ink);
                }
            });
        }
        pen += glyph.advance * em;
    }
}

fn dots(mm: f32, head: Head) -> usize {
    index((mm / head.dot()).round())
}

fn whole_dots(count: u32) -> f32 {
    crate::canvas::count(count)
}

/// A dot's position; one left of or above the paper is off it on the other side too.
fn index(dot: f32) -> usize {
    if (0.0..65_536.0).contains(&dot) {
        dot as usize
    } else {
        usize::MAX
    }
}

fn whole(mm: f32) -> u16 {
    if (0.0..65_536.0).contains(&mm) {
        mm.round() as u16
    } else {
        0
    }
}
