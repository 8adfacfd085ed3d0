//! The bench card on A4: its codes in a grid, each far enough from the next that a scanner held at
//! an angle reads the one it is pointed at.

use crate::canvas::{Area, Canvas, Ink, Place};
use crate::code128::code128;
use crate::error::PaperError;
use crate::fonts::{Face, Fonts};
use crate::pdf::pdf;
use crate::symbol::Symbol;
use crate::text::{self, Line, MM_PER_PT, Unset};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::reports::says;
use bondhouse_domain::scanner::card::{BenchCard, CardCode};

/// A4, upright.
const WIDTH: f32 = 210.0;
const HEIGHT: f32 = 297.0;
const MARGIN: f32 = 12.0;
const COLUMNS: usize = 3;
/// From one code to the one below it; between are words and white.
const ROW: f32 = 24.0;
const BARS: f32 = 11.0;
/// A group begins with this much more white.
const GAP: f32 = 3.0;
/// Widths of a bar, the wider first: whole dots of an office printer, at 300 dpi and at 600.
const MODULES: [f32; 2] = [8.0 * 25.4 / 600.0, 6.0 * 25.4 / 600.0];
const TITLE: f32 = 16.0;
const WORDS: f32 = 11.0;
const SMALL: f32 = 7.5;

/// A bench card as a PDF of one or more A4 pages.
///
/// # Errors
/// [`PaperError::Refused`] when a character is in no typeface or a code is too wide for its place.
pub fn render_bench_card(fonts: &Fonts, card: &BenchCard) -> Result<Vec<u8>, PaperError> {
    let mut sheet = Sheet {
        fonts,
        title: &card.title,
        pages: Vec::new(),
        canvas: Canvas::new(WIDTH, HEIGHT),
        y: MARGIN,
    };
    let whole = Area {
        x: MARGIN,
        y: MARGIN,
        width: WIDTH - 2.0 * MARGIN,
        height: ROW,
    };
    sheet.words(Face::Bold, TITLE, &card.title, whole, MARGIN)?;
    sheet.words(Face::Regular, WORDS, &card.hint, whole, MARGIN + 8.0)?;
    sheet.y += 16.0;
    for group in &card.groups {
        for row in group.chunks(COLUMNS) {
            sheet.row(row)?;
        }
        sheet.y += GAP;
    }
    sheet.pages.push(sheet.canvas);
    pdf(fonts, &sheet.pages)
}

struct Sheet<'a> {
    fonts: &'a Fonts,
    title: &'a str,
    pages: Vec<Canvas>,
    canvas: Canvas,
    y: f32,
}

impl Sheet<'_> {
    fn row(&mut self, cells: &[CardCode]) -> Result<(), Refusal> {
        if self.y + ROW > HEIGHT - MARGIN {
            let full = std::mem::replace(&mut self.canvas, Canvas::new(WIDTH, HEIGHT));
            self.pages.push(full);
            self.y = MARGIN;
        }
        let width = (WIDTH - 2.0 * MARGIN) / 3.0;
        let mut x = MARGIN;
        for cell in cells {
            let area = Area {
                x,
                y: self.y,
                width,
                height: ROW,
            };
            self.cell(cell, area)?;
            x += width;
        }
        self.y += ROW;
        Ok(())
    }

    fn cell(&mut self, cell: &CardCode, area: Area) -> Result<(), Refusal> {
        let symbol = code128(&cell.code).map_err(|_| says::too_wide(&cell.code))?;
        let module = module_for(&symbol, area.width).ok_or_else(|| says::too_wide(&cell.code))?;
        let bars_at = area.y + 6.0;
        let x = area.x + crate::canvas::count(symbol.quiet) * module;
        self.words(Face::Bold, WORDS, &cell.words, Area { x, ..area }, area.y)?;
        self.canvas.symbol(&symbol, x, bars_at, module, BARS);
        let below = bars_at + BARS + 0.6;
        self.words(Face::Regular, SMALL, &cell.code, Area { x, ..area }, below)
    }

    fn words(
        &mut self,
        face: Face,
        size: f32,
        words: &str,
        area: Area,
        top: f32,
    ) -> Result<(), Refusal> {
        let glyphs = match text::measure(self.fonts, face, words) {
            Ok(glyphs) => glyphs,
            Err(Unset::Missing(character)) => {
                let code_point = format!("U+{:04X}", u32::from(character));
                return Err(says::missing_glyph(self.title, code_point));
            }
            Err(Unset::TooLong) => return Err(says::too_wide(words)),
        };
        let line = Line { glyphs };
        if line.width() * size * MM_PER_PT > area.width {
            return Err(says::too_wide(words));
        }
        self.canvas
            .lines(&[line], size, area, top, Place::Left, Ink::Black);
        Ok(())
    }
}

/// The widest module at which the symbol fits with its quiet zones.
fn module_for(symbol: &Symbol, width: f32) -> Option<f32> {
    let modules = crate::canvas::count(symbol.columns + 2 * symbol.quiet);
    MODULES.into_iter().find(|module| modules * module <= width)
}
