//! Measuring and breaking lines: just enough typesetting for labels and tables.
//!
//! Chinese breaks between any two characters, except that closing marks never begin a line and
//! opening ones never end it; Latin words and numbers stay whole unless alone longer than the line.
//! No kerning, shaping or hyphenation. Nothing is ever cut off: what does not fit is an error.

use crate::canvas::Style;
use crate::fonts::{Face, Fonts, Glyph};

/// Distance of baselines in em: Noto's own is 1.45, made for screens; labels are set tighter.
pub(crate) const LEADING: f32 = 1.22;

/// How far the baseline lies below the top of the em square in Noto Sans SC.
pub(crate) const ASCENT: f32 = 0.88;

/// Millimetres in a typographic point.
pub(crate) const MM_PER_PT: f32 = 25.4 / 72.0;

/// A line of measured characters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    pub(crate) glyphs: Vec<Glyph>,
}

impl Line {
    /// Width in em.
    pub(crate) fn width(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.advance).sum()
    }
}

/// Text set into a box.
#[derive(Debug)]
pub(crate) struct Fitted {
    /// Size in points.
    pub(crate) size: f32,
    pub(crate) lines: Vec<Line>,
}

impl Fitted {
    /// Height in millimetres from the top of the first line's em square to the bottom of the last's.
    pub(crate) fn height(&self) -> f32 {
        height(self.lines.len(), self.size)
    }
}

/// Why a text could not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unset {
    /// No face has this character.
    Missing(char),
    /// Too long for the box even at the smallest size.
    TooLong,
}

/// Height in millimetres of so many lines.
pub(crate) fn height(lines: usize, size: f32) -> f32 {
    let gaps = u16::try_from(lines.saturating_sub(1)).map_or(f32::INFINITY, f32::from);
    (gaps * LEADING + 1.0) * size * MM_PER_PT
}

/// Finds every character's glyph; line feeds stay as they are.
pub(crate) fn measure(fonts: &Fonts, face: Face, text: &str) -> Result<Vec<Glyph>, Unset> {
    text.chars()
        .map(|c| {
            match c {
                '\n' => fonts.glyph(face, ' ').map(|space| Glyph {
                    character: '\n',
                    ..space
                }),
                c => fonts.glyph(face, c),
            }
            .ok_or(Unset::Missing(c))
        })
        .collect()
}

/// The largest size, in half points from the style's `size` down to its `min`, at which the text
/// takes no more than its lines and its box; `width` and `height` are millimetres.
pub(crate) fn fit(
    glyphs: &[Glyph],
    width: f32,
    height: f32,
    style: Style,
) -> Result<Fitted, Unset> {
    let mut size = style.size;
    loop {
        let lines = wrap(glyphs, width / (size * MM_PER_PT));
        let fitted = Fitted { size, lines };
        if fitted.lines.len() <= style.lines && fitted.height() <= height {
            return Ok(fitted);
        }
        if size <= style.min {
            return Err(Unset::TooLong);
        }
        size = (size - 0.5).max(style.min);
    }
}

/// Breaks into lines of at most `width` em.
pub(crate) fn wrap(glyphs: &[Glyph], width: f32) -> Vec<Line> {
    glyphs
        .split(|glyph| glyph.character == '\n')
        .flat_map(|paragraph| wrap_paragraph(paragraph, width))
        .collect()
}

fn wrap_paragraph(paragraph: &[Glyph], width: f32) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line: Vec<Glyph> = Vec::new();
    // How many glyphs of `line` may stay when it must be broken.
    let mut breakable = 0;
    let mut used = 0.0;
    for glyph in paragraph {
        if let Some(last) = line.last()
            && may_break(last.character, glyph.character)
        {
            breakable = line.len();
        }
        // A space that does not fit hangs in the margin.
        while used + glyph.advance > width && glyph.character != ' ' && !line.is_empty() {
            let keep = if breakable == 0 {
                line.len()
            } else {
                breakable
            };
            let rest = line.split_off(keep);
            lines.push(trimmed(line));
            line = rest;
            used = line.iter().map(|glyph| glyph.advance).sum();
            breakable = 0;
        }
        used += glyph.advance;
        line.push(*glyph);
    }
    lines.push(trimmed(line));
    lines
}

fn trimmed(mut glyphs: Vec<Glyph>) -> Line {
    while glyphs.last().is_some_and(|glyph| glyph.character == ' ') {
        glyphs.pop();
    }
    Line { glyphs }
}

fn may_break(before: char, after: char) -> bool {
    const NEVER_FIRST: &str = "，。、；：！？）】》」』”’％,.;:!?)]}%*";
    const NEVER_LAST: &str = "（【《「『“‘([{￥¥";
    if NEVER_FIRST.contains(after) || NEVER_LAST.contains(before) || after == ' ' {
        return false;
    }
    before == ' '
        || before == '-'
        || before == '/'
        || is_ideographic(before)
        || is_ideographic(after)
}

/// Characters that carry a word each: CJK ideographs, kana, full-width forms and their punctuation.
fn is_ideographic(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Place;
    use crate::fonts::FaceId;
    use proptest::prelude::*;

    fn glyphs(text: &str) -> Vec<Glyph> {
        text.chars()
            .map(|character| Glyph {
                character,
                face: FaceId::Common(Face::Regular),
                gid: 1,
                advance: if is_ideographic(character) { 1.0 } else { 0.5 },
            })
            .collect()
    }

    fn lines(text: &str, width: f32) -> Vec<String> {
        wrap(&glyphs(text), width)
            .iter()
            .map(|line| line.glyphs.iter().map(|g| g.character).collect())
            .collect()
    }

    #[test]
    fn chinese_breaks_anywhere_but_a_comma_never_begins_a_line() {
        assert_eq!(
            lines("浙江省宁波市北仑区", 4.0),
            ["浙江省宁", "波市北仑", "区"]
        );
        assert_eq!(lines("浙江省宁，波市", 4.0), ["浙江省", "宁，波市"]);
    }

    #[test]
    fn numbers_stay_whole_unless_longer_than_the_line() {
        assert_eq!(lines("示范路1234号", 4.0), ["示范路", "1234号"]);
        assert_eq!(lines("A12345678901", 4.0), ["A1234567", "8901"]);
    }

    #[test]
    fn a_text_shrinks_until_it_fits_and_is_never_cut() {
        let text = glyphs("陕西省西安市雁塔区");
        let style = Style {
            face: Face::Regular,
            size: 20.0,
            min: 6.0,
            lines: usize::MAX,
            place: Place::Left,
        };
        let fitted = fit(&text, 20.0, 10.0, style).unwrap();
        assert!(fitted.size < 20.0 && fitted.height() <= 10.0, "{fitted:?}");
        let one_line = fit(&text, 20.0, 10.0, Style { lines: 1, ..style }).unwrap();
        assert!(one_line.lines.len() == 1 && one_line.size < fitted.size);
        assert_eq!(
            fit(&text, 5.0, 3.0, Style { min: 12.0, ..style }).unwrap_err(),
            Unset::TooLong
        );
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_but_spaces_at_line_ends(
            text in "[ a-z0-9，。（）省市区路号*-]{0,60}", width in 2.0_f32..20.0,
        ) {
            let all = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
            let wrapped = lines(&text, width);
            prop_assert_eq!(all(&wrapped.concat()), all(&text));
        }

        #[test]
        fn no_line_is_wider_than_its_box(text in "[ a-z0-9省市区路号]{1,60}", width in 2.0_f32..20.0) {
            for line in wrap(&glyphs(&text), width) {
                prop_assert!(line.width() <= width);
            }
        }
    }
}
