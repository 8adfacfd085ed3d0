//! Pages in millimetres from the top left, written as PDF.
//!
//! The PDF's own points from the bottom left appear nowhere else. Filled rectangles are the only
//! shape: bars, rules and marks are all boxes, and `re f` is both smaller and faster than a path.

use crate::error::PaperError;
use crate::fonts::{Face, FaceId, Fonts};
use crate::symbol::Symbol;
use crate::text::{ASCENT, LEADING, Line, MM_PER_PT};
use printpdf::{
    Color, Greyscale, Mm, Op, PaintMode, PdfDocument, PdfFont, PdfFontHandle, PdfPage,
    PdfSaveOptions, Pt, Rect, TextItem, TextMatrix,
};
use std::collections::BTreeSet;

/// A box on the page: millimetres from the top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Area {
    pub(crate) fn right(self) -> f32 {
        self.x + self.width
    }

    pub(crate) fn bottom(self) -> f32 {
        self.y + self.height
    }
}

/// What is printed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ink {
    Black,
    /// Paper showing through black.
    White,
}

impl Ink {
    fn fill(self) -> Op {
        let percent = match self {
            Self::Black => 0.0,
            Self::White => 1.0,
        };
        Op::SetFillColor {
            col: Color::Greyscale(Greyscale::new(percent, None)),
        }
    }
}

/// Where a line stands between the sides of its box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    #[default]
    Left,
    Centre,
    Right,
}

/// One page being drawn: boxes first, then text over them.
#[derive(Debug)]
pub(crate) struct Canvas {
    width: f32,
    height: f32,
    boxes: Vec<Op>,
    texts: Vec<Op>,
    boxes_ink: Option<Ink>,
    texts_state: Option<(Ink, FaceId, f32)>,
}

impl Canvas {
    /// An empty page, in millimetres.
    pub(crate) fn new(width: f32, height: f32) -> Self {
        Self {
            width,
            height,
            boxes: Vec::new(),
            texts: Vec::new(),
            boxes_ink: None,
            texts_state: None,
        }
    }

    pub(crate) fn fill(&mut self, area: Area, ink: Ink) {
        if self.boxes_ink != Some(ink) {
            self.boxes.push(ink.fill());
            self.boxes_ink = Some(ink);
        }
        self.boxes.push(Op::DrawRectangle {
            rectangle: Rect {
                x: pt(area.x),
                y: pt(self.height - area.bottom()),
                width: pt(area.width),
                height: pt(area.height),
                mode: Some(PaintMode::Fill),
                winding_order: None,
            },
        });
    }

    /// Draws a symbol's dark runs with its first module at `(x, y)`.
    ///
    /// `module` is its width in millimetres; `height` that of one row of modules.
    pub(crate) fn symbol(&mut self, symbol: &Symbol, x: f32, y: f32, module: f32, height: f32) {
        for run in &symbol.runs {
            self.fill(
                Area {
                    x: x + count(run.column) * module,
                    y: y + count(run.row) * height,
                    width: count(run.length) * module,
                    height,
                },
                Ink::Black,
            );
        }
    }

    /// Sets lines from `top`, the upper edge of the first line's em square.
    pub(crate) fn lines(
        &mut self,
        lines: &[Line],
        size: f32,
        area: Area,
        top: f32,
        place: Place,
        ink: Ink,
    ) {
        let em = size * MM_PER_PT;
        let mut baseline = top + ASCENT * em;
        for line in lines {
            let free = area.width - line.width() * em;
            let x = area.x
                + match place {
                    Place::Left => 0.0,
                    Place::Centre => free / 2.0,
                    Place::Right => free,
                };
            self.line(line, size, x, baseline, ink);
            baseline += LEADING * em;
        }
    }

    fn line(&mut self, line: &Line, size: f32, x: f32, baseline: f32, ink: Ink) {
        let mut pen = x;
        for run in line.glyphs.chunk_by(|a, b| a.face == b.face) {
            let Some(first) = run.first() else { continue };
            self.state(ink, first.face, size);
            self.texts.push(Op::SetTextMatrix {
                matrix: TextMatrix::Translate(pt(pen), pt(self.height - baseline)),
            });
            let text: String = run.iter().map(|glyph| glyph.character).collect();
            self.texts.push(Op::ShowText {
                items: vec![TextItem::Text(text)],
            });
            pen += run.iter().map(|glyph| glyph.advance).sum::<f32>() * size * MM_PER_PT;
        }
    }

    fn state(&mut self, ink: Ink, face: FaceId, size: f32) {
        let before = self.texts_state.replace((ink, face, size));
        if before.is_none_or(|(was, ..)| was != ink) {
            self.texts.push(ink.fill());
        }
        if before.is_none_or(|(_, was, at)| was != face || at.to_bits() != size.to_bits()) {
            self.texts.push(Op::SetFont {
                font: PdfFontHandle::External(face.resource()),
                size: Pt(size),
            });
        }
    }

    fn page(self) -> PdfPage {
        let mut ops = self.boxes;
        ops.push(Op::StartTextSection);
        ops.extend(self.texts);
        ops.push(Op::EndTextSection);
        PdfPage::new(Mm(self.width), Mm(self.height), ops)
    }
}

/// Writes pages as one PDF; each font is cut down to the glyphs the pages use.
///
/// It carries no metadata: what a document says about itself is read by spoolers and logs, and a
/// file without dates and ids is the same bytes for the same label.
///
/// # Errors
/// [`PaperError::Write`] when memory for the bytes cannot be had.
pub(crate) fn pdf(fonts: &Fonts, pages: Vec<Canvas>) -> Result<Vec<u8>, PaperError> {
    let mut document = PdfDocument::default();
    let pages: Vec<PdfPage> = pages.into_iter().map(Canvas::page).collect();
    let used: BTreeSet<FaceId> = pages
        .iter()
        .flat_map(|page| page.get_external_font_ids())
        .filter_map(|font| fonts.ids().find(|id| id.resource() == font))
        .collect();
    for id in used {
        if let Some(parsed) = fonts.parsed(id) {
            document
                .resources
                .fonts
                .map
                .insert(id.resource(), PdfFont::new(parsed.clone()));
        }
    }
    document.with_pages(pages);
    let mut written = document.to_lopdf_document(&PdfSaveOptions::default(), &mut Vec::new());
    for metadata in [b"Info".as_slice(), b"ID".as_slice()] {
        written.trailer.remove(metadata);
    }
    written.prune_objects();
    written.compress();
    let mut bytes = Vec::new();
    written.save_to(&mut bytes)?;
    Ok(bytes)
}

/// The face an item asks for and how its lines are placed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub(crate) face: Face,
    /// Size in points.
    pub(crate) size: f32,
    /// The smallest size that may be used when the text is long.
    pub(crate) min: f32,
    /// The most lines it may take.
    pub(crate) lines: usize,
    pub(crate) place: Place,
}

fn pt(mm: f32) -> Pt {
    Pt(mm / MM_PER_PT)
}

/// Counts of modules stay far below 2^16, so the conversion is exact.
pub(crate) fn count(modules: u32) -> f32 {
    u16::try_from(modules).map_or(f32::INFINITY, f32::from)
}
