//! Typefaces, parsed once per process.
//!
//! Parsing 10 MB of Chinese outlines takes longer than drawing a label, so a [`Fonts`] is made at
//! start and shared. Files are read at run time and never compiled in: a warehouse may add a face
//! for names ours lacks without a new program.

use crate::error::PaperError;
use printpdf::{FontId, ParsedFont};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// File names looked for in the font directory (`assets/fonts`).
const REGULAR: &str = "NotoSansSC-Regular.ttf";
const BOLD: &str = "NotoSansSC-Bold.ttf";

/// The typefaces of this process: regular, bold, and any number that stand in for missing characters.
///
/// Cutting a face down to a label's sixty characters costs a pass over all its 65,000 glyphs, two
/// thirds of a label's time. So each weight is also kept cut down to GB 2312, which holds nearly
/// every character that is ever printed, and labels are cut from that; the whole face remains for
/// the rare name.
#[derive(Debug)]
pub struct Fonts {
    regular: Weight,
    bold: Weight,
    substitutes: Vec<ParsedFont>,
}

#[derive(Debug)]
struct Weight {
    common: ParsedFont,
    /// Glyph and advance of every common character: the font's own table is searched from its start.
    index: BTreeMap<char, (u16, f32)>,
    whole: ParsedFont,
}

/// How heavy a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Face {
    #[default]
    Regular,
    Bold,
}

/// Which parsed face holds a glyph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FaceId {
    /// The characters of GB 2312.
    Common(Face),
    /// All the face has.
    Whole(Face),
    Substitute(usize),
}

/// One character, measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glyph {
    pub(crate) character: char,
    pub(crate) face: FaceId,
    /// Its number in that face.
    pub(crate) gid: u16,
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
            regular: Weight::parse(regular, "regular")?,
            bold: Weight::parse(bold, "bold")?,
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
        let found = |face, (gid, advance)| Glyph {
            character,
            face,
            gid,
            advance,
        };
        if let Some(known) = self.weight(face).index.get(&character) {
            return Some(found(FaceId::Common(face), *known));
        }
        std::iter::once(FaceId::Whole(face))
            .chain((0..self.substitutes.len()).map(FaceId::Substitute))
            .find_map(|id| Some(found(id, glyph_of(self.parsed(id)?, character)?)))
    }

    pub(crate) fn parsed(&self, id: FaceId) -> Option<&ParsedFont> {
        match id {
            FaceId::Common(face) => Some(&self.weight(face).common),
            FaceId::Whole(face) => Some(&self.weight(face).whole),
            FaceId::Substitute(index) => self.substitutes.get(index),
        }
    }

    fn weight(&self, face: Face) -> &Weight {
        match face {
            Face::Regular => &self.regular,
            Face::Bold => &self.bold,
        }
    }
}

impl FaceId {
    /// The resource name in a PDF. printpdf also makes it the tag of the cut-down font, which the
    /// standard (ISO 32000-1, 9.6.4) wants as six capitals; otherwise readers take the font for whole.
    pub(crate) fn resource(self) -> FontId {
        FontId(match self {
            Self::Common(Face::Regular) => "REGULR".into(),
            Self::Common(Face::Bold) => "BOLDFC".into(),
            Self::Whole(Face::Regular) => "REGULW".into(),
            Self::Whole(Face::Bold) => "BOLDFW".into(),
            Self::Substitute(index) => {
                let letter = (b'A'..=b'Z')
                    .map(char::from)
                    .cycle()
                    .nth(index)
                    .unwrap_or('A');
                format!("SUBST{letter}")
            }
        })
    }
}

impl Weight {
    fn parse(bytes: &[u8], which: &'static str) -> Result<Self, PaperError> {
        let whole = parse(bytes, which)?;
        let glyphs = gb2312()
            .filter_map(|c| Some((glyph_of(&whole, c)?.0, c.to_string())))
            .collect();
        let cut =
            printpdf::subset_font(&whole, &glyphs).map_err(|_| PaperError::NotAFont(which))?;
        let mut common = parse(&cut.bytes, which)?;
        // The cut loses the name, which the PDF states.
        common.font_name.clone_from(&whole.font_name);
        let index = gb2312()
            .filter_map(|c| Some((c, glyph_of(&common, c)?)))
            .collect();
        Ok(Self {
            common,
            index,
            whole,
        })
    }
}

/// ASCII and every character of GB 2312: punctuation, full-width forms, 6,763 ideographs.
fn gb2312() -> impl Iterator<Item = char> {
    let pairs = (0xA1..=0xF7_u8).flat_map(|row| (0xA1..=0xFE_u8).map(move |cell| [row, cell]));
    let decoded = pairs.filter_map(|pair| {
        let text = encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(&pair)?;
        text.chars().next()
    });
    (' '..='~').chain(decoded)
}

/// The glyph of a character and its advance in em. Glyph 0 is `.notdef`: the font's way of saying no.
fn glyph_of(font: &ParsedFont, character: char) -> Option<(u16, f32)> {
    let gid = font
        .lookup_glyph_index(u32::from(character))
        .filter(|gid| *gid != 0)?;
    let em = f32::from(font.pdf_font_metrics.units_per_em);
    Some((gid, f32::from(font.get_horizontal_advance(gid)) / em))
}

fn parse(bytes: &[u8], which: &'static str) -> Result<ParsedFont, PaperError> {
    ParsedFont::from_bytes(bytes, 0, &mut Vec::new()).ok_or(PaperError::NotAFont(which))
}
