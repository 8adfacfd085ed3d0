//! Pages written as PDF: text that can be searched, fonts cut down to what is used, no metadata.
//!
//! Points from the bottom left appear nowhere else.

use crate::canvas::{Canvas, Filled, Ink, Lettering};
use crate::error::PaperError;
use crate::fonts::{FaceId, Fonts};
use crate::text::MM_PER_PT;
use printpdf::{
    Codepoint, Color, Greyscale, Mm, Op, PaintMode, PdfDocument, PdfFont, PdfFontHandle, PdfPage,
    PdfSaveOptions, Pt, Rect, TextItem, TextMatrix,
};
use std::collections::BTreeSet;

/// Writes pages as one PDF.
///
/// It carries no metadata: what a document says about itself is read by spoolers and logs, and a
/// file without dates and ids is the same bytes for the same label.
///
/// # Errors
/// [`PaperError::Write`] when memory for the bytes cannot be had.
pub(crate) fn pdf(fonts: &Fonts, pages: &[Canvas]) -> Result<Vec<u8>, PaperError> {
    let mut document = PdfDocument::default();
    let used: BTreeSet<FaceId> = pages
        .iter()
        .flat_map(|page| page.letterings.iter().map(|lettering| lettering.face))
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
    document.pages = pages.iter().map(page).collect();
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

fn page(canvas: &Canvas) -> PdfPage {
    let mut ops = Vec::new();
    let mut ink = None;
    for filled in &canvas.boxes {
        if ink.replace(filled.ink) != Some(filled.ink) {
            ops.push(colour(filled.ink));
        }
        ops.push(rectangle(canvas, filled));
    }
    ops.push(Op::StartTextSection);
    let mut face = None;
    for lettering in &canvas.letterings {
        if ink.replace(lettering.ink) != Some(lettering.ink) {
            ops.push(colour(lettering.ink));
        }
        let asked = (lettering.face, lettering.size.to_bits());
        if face.replace(asked) != Some(asked) {
            let font = PdfFontHandle::External(lettering.face.resource());
            ops.push(Op::SetFont {
                font,
                size: Pt(lettering.size),
            });
        }
        ops.extend(text(canvas, lettering));
    }
    ops.push(Op::EndTextSection);
    PdfPage::new(Mm(canvas.width), Mm(canvas.height), ops)
}

fn rectangle(canvas: &Canvas, Filled { area, .. }: &Filled) -> Op {
    Op::DrawRectangle {
        rectangle: Rect {
            x: pt(area.x),
            y: pt(canvas.height - area.bottom()),
            width: pt(area.width),
            height: pt(area.height),
            mode: Some(PaintMode::Fill),
            winding_order: None,
        },
    }
}

/// By glyph number, each with the character it stands for, so that searching finds it again.
fn text(canvas: &Canvas, lettering: &Lettering) -> [Op; 2] {
    let matrix = TextMatrix::Translate(pt(lettering.x), pt(canvas.height - lettering.baseline));
    let glyphs = lettering
        .glyphs
        .iter()
        .map(|glyph| Codepoint::with_cid(glyph.gid, 0.0, glyph.character.to_string()))
        .collect();
    [
        Op::SetTextMatrix { matrix },
        Op::ShowText {
            items: vec![TextItem::GlyphIds(glyphs)],
        },
    ]
}

fn colour(ink: Ink) -> Op {
    let light = match ink {
        Ink::Black => 0.0,
        Ink::White => 1.0,
    };
    Op::SetFillColor {
        col: Color::Greyscale(Greyscale::new(light, None)),
    }
}

/// A thousandth of a point is 0.003 dots; more digits only make the file longer.
fn pt(mm: f32) -> Pt {
    Pt((mm / MM_PER_PT * 1000.0).round() / 1000.0)
}
