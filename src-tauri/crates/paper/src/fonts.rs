//! Typefaces, parsed once per process.
//!
//! Parsing 10 MB of Chinese outlines takes longer than drawing a label, so a [`Fonts`] is made at
//! start and shared. Files are read at run time and never compiled in: a warehouse may add a face
//! for names ours lacks without a new program.

use crate::error::PaperError;
use printpdf::{FontId, ParsedFont};
use std::fs;
use std::path::Path;

/// File names looked for in the font directory (`assets/fonts`).
const REGULAR: &str = "NotoSansSC-Regular.ttf";
const BOLD: &str = "NotoSansSC-Bold.ttf";

/// The typefaces of this process: regular, bold, and any number that stand in for missing characters.
#[derive(Debug)]
pub struct Fonts {
    regular: ParsedFont,
    bold: ParsedFont,
    substitutes: Vec<ParsedFont>,
}

/// How heavy a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Face {
    #[default]
    Regular,
    Bold,
}

/// Which parsed face holds a glyph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FaceId {
    Regular,
    Bold,
    Substitute(usize),
}

/// One character, measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glyph {
    pub(crate) character: char,
    pub(crate) face: FaceId,
    /// Advance in em.
    pub(crate) advance: f32,
}

impl Fonts {
    /// Reads `NotoSansSC-Regular.ttf` and `NotoSansSC-Bold.ttf` from a directory.
    ///
    /// # Errors
    /// [`PaperError::FontFile`] or [`PaperError::NotAFont`].
    pub fn load(directory: &Path) -> Result<Self, PaperError> {
        let read = |name: &str| {
            let path = directory.join(name);
            fs::read(&path).map_err(|source| PaperError::FontFile { path, source })
        };
        Self::from_bytes(&read(REGULAR)?, &read(BOLD)?)
    }

    /// From the bytes of two TrueType or OpenType files.
    ///
    /// # Errors
    /// [`PaperError::NotAFont`].
    pub fn from_bytes(regular: &[u8], bold: &[u8]) -> Result<Self, PaperError> {
        Ok(Self {
            regular: parse(regular, "regular")?,
            bold: parse(bold, "bold")?,
            substitutes: Vec::new(),
        })
    }

    /// Adds a face that is asked for characters all earlier ones lack.
    ///
    /// # Errors
    /// [`PaperError::NotAFont`].
    pub fn with_substitute(mut self, bytes: &[u8]) -> Result<Self, PaperError> {
        self.substitutes.push(parse(bytes, "substitute")?);
        Ok(self)
    }

    /// The glyph of a character, from the asked face or the first substitute that has it.
    pub(crate) fn glyph(&self, face: Face, character: char) -> Option<Glyph> {
        let asked = match face {
            Face::Regular => FaceId::Regular,
            Face::Bold => FaceId::Bold,
        };
        std::iter::once(asked)
            .chain((0..self.substitutes.len()).map(FaceId::Substitute))
            .find_map(|id| {
                let font = self.parsed(id)?;
                // Glyph 0 is .notdef: the font's way of saying no.
                let gid = font
                    .lookup_glyph_index(u32::from(character))
                    .filter(|gid| *gid != 0)?;
                let em = f32::from(font.pdf_font_metrics.units_per_em);
                let advance = f32::from(font.get_horizontal_advance(gid)) / em;
                Some(Glyph {
                    character,
                    face: id,
                    advance,
                })
            })
    }

    /// Every face at hand.
    pub(crate) fn ids(&self) -> impl Iterator<Item = FaceId> {
        [FaceId::Regular, FaceId::Bold]
            .into_iter()
            .chain((0..self.substitutes.len()).map(FaceId::Substitute))
    }

    pub(crate) fn parsed(&self, id: FaceId) -> Option<&ParsedFont> {
        match id {
            FaceId::Regular => Some(&self.regular),
            FaceId::Bold => Some(&self.bold),
            FaceId::Substitute(index) => self.substitutes.get(index),
        }
    }
}

impl FaceId {
    /// The resource name in a PDF. printpdf also makes it the tag of the cut-down font, which the
    /// standard (ISO 32000-1, 9.6.4) wants as six capitals; otherwise readers take the font for whole.
    pub(crate) fn resource(self) -> FontId {
        FontId(match self {
            Self::Regular => "REGULR".into(),
            Self::Bold => "BOLDFC".into(),
            Self::Substitute(index) => {
                let letters = (b'A'..=b'Z').map(char::from);
                let letter = letters.cycle().nth(index).unwrap_or('A');
                format!("SUBST{letter}")
            }
        })
    }
}

fn parse(bytes: &[u8], which: &'static str) -> Result<ParsedFont, PaperError> {
    ParsedFont::from_bytes(bytes, 0, &mut Vec::new()).ok_or(PaperError::NotAFont(which))
}
