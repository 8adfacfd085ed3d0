//! QR codes of the smallest version that holds the text.
//!
//! Modules, mask and error correction are qrcodegen's. What it leaves to the caller is how the text
//! is cut into segments, and a release token or waybill is mostly digits and capitals, which a QR
//! code holds in little over half the space of bytes. One version less is a dot more per module.
//!
//! Error level M, and the mask by the standard's penalties: a fixed mask would halve the time and
//! cost readability on worn thermal heads. Kanji mode is left out: few phones agree what it means
//! in Chinese text, UTF-8 bytes are read by all.

use crate::symbol::{Run, Symbol};
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

/// Versions that count characters in the same number of bits.
const VERSIONS: [(u8, u8); 3] = [(1, 9), (10, 26), (27, 40)];

/// A QR code of error level M; `None` when the text is too long for any version.
pub fn qr(text: &str) -> Option<Symbol> {
    let code = VERSIONS.into_iter().find_map(|(least, most)| {
        let segments = segments(text, most);
        let (least, most) = (Version::new(least), Version::new(most));
        QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, least, most, None, true).ok()
    })?;
    let side = code.size();
    let mut runs = Vec::new();
    for y in 0..side {
        let mut start = None;
        for x in 0..=side {
            match (code.get_module(x, y), start) {
                (true, None) => start = Some(x),
                (false, Some(from)) => {
                    runs.push(Run {
                        column: from.unsigned_abs(),
                        row: y.unsigned_abs(),
                        length: x.abs_diff(from),
                    });
                    start = None;
                }
                _ => {}
            }
        }
    }
    Some(Symbol {
        columns: side.unsigned_abs(),
        rows: side.unsigned_abs(),
        quiet: 4,
        runs,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Bytes,
    Alphanumeric,
    Numeric,
}

/// Costs are sixths of a bit: a digit takes 10/3 bits, a capital 11/2.
const SIXTHS: u32 = 6;
const IMPOSSIBLE: u32 = u32::MAX / 2;

impl Mode {
    const ALL: [Self; 3] = [Self::Bytes, Self::Alphanumeric, Self::Numeric];

    /// Mode indicator and character count at the head of a segment.
    const fn head(self, version: u8) -> u32 {
        let count_bits = match (self, version) {
            (Self::Bytes, 0..=9) => 8,
            (Self::Bytes, _) => 16,
            (Self::Alphanumeric, 0..=9) => 9,
            (Self::Alphanumeric, 10..=26) => 11,
            (Self::Alphanumeric, _) => 13,
            (Self::Numeric, 0..=9) => 10,
            (Self::Numeric, 10..=26) => 12,
            (Self::Numeric, _) => 14,
        };
        (4 + count_bits) * SIXTHS
    }

    fn cost(self, c: char) -> u32 {
        match self {
            Self::Bytes => (0..c.len_utf8()).fold(0, |bits, _| bits + 8 * SIXTHS),
            Self::Alphanumeric
                if c.is_ascii_digit() || c.is_ascii_uppercase() || " $%*+-./:".contains(c) =>
            {
                33
            }
            Self::Numeric if c.is_ascii_digit() => 20,
            Self::Alphanumeric | Self::Numeric => IMPOSSIBLE,
        }
    }

    fn segment(self, text: &str) -> QrSegment {
        match self {
            Self::Bytes => QrSegment::make_bytes(text.as_bytes()),
            Self::Alphanumeric => QrSegment::make_alphanumeric(text),
            Self::Numeric => QrSegment::make_numeric(text),
        }
    }
}

/// Cuts a text into the segments that take the fewest bits.
fn segments(text: &str, version: u8) -> Vec<QrSegment> {
    let modes = modes(text, version);
    let mut segments = Vec::new();
    let mut rest = text;
    for run in modes.chunk_by(|a, b| a == b) {
        let end = rest
            .char_indices()
            .nth(run.len())
            .map_or(rest.len(), |(at, _)| at);
        if let (Some(mode), Some((head, tail))) = (run.first(), rest.split_at_checked(end)) {
            segments.push(mode.segment(head));
            rest = tail;
        }
    }
    segments
}

/// The mode of every character, by the cheapest way through all of them.
///
/// For each character and each mode the *next* one may be in, the cheapest mode of this one is kept;
/// read backwards, that is the plan.
fn modes(text: &str, version: u8) -> Vec<Mode> {
    let mut costs = Mode::ALL.map(|mode| (mode, mode.head(version)));
    let mut plan = Vec::new();
    for c in text.chars() {
        let written =
            costs.map(|(mode, cost)| (mode, cost.saturating_add(mode.cost(c)).min(IMPOSSIBLE)));
        let steps = Mode::ALL.map(|next| {
            let (mode, cost) = written
                .map(|(mode, cost)| match mode == next {
                    true => (mode, cost),
                    // A segment ends on a whole bit.
                    false => (mode, cost.div_ceil(SIXTHS) * SIXTHS + next.head(version)),
                })
                .into_iter()
                .min_by_key(|(_, cost)| *cost)
                .unwrap_or((next, IMPOSSIBLE));
            (next, mode, cost)
        });
        plan.push(steps.map(|(next, mode, _)| (next, mode)));
        costs = steps.map(|(next, _, cost)| (next, cost));
    }
    let mut mode = costs
        .into_iter()
        .min_by_key(|(_, cost)| *cost)
        .map_or(Mode::Bytes, |(mode, _)| mode);
    let mut modes: Vec<Mode> = plan
        .iter()
        .rev()
        .map(|steps| {
            mode = steps
                .iter()
                .find(|(next, _)| *next == mode)
                .map_or(mode, |(_, own)| *own);
            mode
        })
        .collect();
    modes.reverse();
    modes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> String {
        modes(text, 9)
            .iter()
            .map(|mode| match mode {
                Mode::Bytes => 'b',
                Mode::Alphanumeric => 'A',
                Mode::Numeric => '1',
            })
            .collect()
    }

    #[test]
    fn digits_and_capitals_leave_bytes_only_when_the_new_segment_pays() {
        assert_eq!(cut("1234567"), "1111111");
        assert_eq!(cut("YT4752711325367"), "AA1111111111111");
        assert_eq!(
            cut("ab12cd"),
            "bbbbbb",
            "two digits do not pay for two heads"
        );
        assert_eq!(cut("o:12345678901234567890"), "bb11111111111111111111");
        assert_eq!(cut("收件"), "bb");
    }

    #[test]
    fn a_release_token_with_its_waybill_takes_version_four_or_less() {
        let symbol =
            qr("BH1R0AEBAGBAFAYDQOCIKBMGA2DQPCAIREEYUCULBOGA4DWKZ5T6XQ4H7JH2M YT4752711325367")
                .unwrap();
        assert!(symbol.columns <= 33, "{}", symbol.columns);
    }
}
