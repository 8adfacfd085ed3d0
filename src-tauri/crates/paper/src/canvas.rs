//! A page as a list of what stands on it, in millimetres from the top left.
//!
//! Filled boxes are the only shape: bars, rules and marks all are. The list says nothing of PDF or
//! dots; [`crate::pdf`] and [`crate::bitmap`] read the same one, so that what is archived and what
//! is burnt cannot differ. Boxes lie below all text.

use crate::fonts::{Face, FaceId, Glyph};
use crate::symbol::Symbol;
use crate::text::{ASCENT, LEADING, Line, MM_PER_PT};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Black,
    /// Paper showing through black.
    White,
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

/// How a text is set.
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

/// A filled box.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filled {
    pub(crate) area: Area,
    pub(crate) ink: Ink,
}

/// Characters of one face on one baseline.
#[derive(Debug, Clone)]
pub(crate) struct Lettering {
    pub(crate) face: FaceId,
    /// Size in points.
    pub(crate) size: f32,
    pub(crate) x: f32,
    pub(crate) baseline: f32,
    pub(crate) glyphs: Vec<Glyph>,
    pub(crate) ink: Ink,
}

/// One page.
#[derive(Debug)]
pub(crate) struct Canvas {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) boxes: Vec<Filled>,
    pub(crate) letterings: Vec<Lettering>,
}

impl Canvas {
    /// An empty page, in millimetres.
    pub(crate) fn new(width: f32, height: f32) -> Self {
        Self {
            width,
            height,
            boxes: Vec::new(),
            letterings: Vec::new(),
        }
    }

    pub(crate) fn fill(&mut self, area: Area, ink: Ink) {
        self.boxes.push(Filled { area, ink });
    }

    /// Draws a symbol's dark runs with its first module at `(x, y)`.
    ///
    /// `module` is its width in millimetres; `height` that of one row of modules.
    pub(crate) fn symbol(&mut self, symbol: &Symbol, x: f32, y: f32, module: f32, height: f32) {
        for run in &symbol.runs {
            let area = Area {
                x: x + count(run.column) * module,
                y: y + count(run.row) * height,
                width: count(run.length) * module,
                height,
            };
            self.fill(area, Ink::Black);
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
            let mut x = area.x
                + match place {
                    Place::Left => 0.0,
                    Place::Centre => free / 2.0,
                    Place::Right => free,
                };
            for run in line.glyphs.chunk_by(|a, b| a.face == b.face) {
                let Some(first) = run.first() else { continue };
                let glyphs = run.to_vec();
                self.letterings.push(Lettering {
                    face: first.face,
                    size,
                    x,
                    baseline,
                    glyphs,
                    ink,
                });
                x += run.iter().map(|glyph| glyph.advance).sum::<f32>() * em;
            }
            baseline += LEADING * em;
        }
    }
}

/// Counts of modules stay far below 2^16, so the conversion is exact.
pub(crate) fn count(modules: u32) -> f32 {
    u16::try_from(modules).map_or(f32::INFINITY, f32::from)
}
