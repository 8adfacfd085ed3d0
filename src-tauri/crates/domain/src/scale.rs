//! What a scale sends: bytes to a weight, and whether it stands still.
//!
//! Two languages cover the scales of packing benches: Toledo *continuous output*, many frames a
//! second without being asked, and Mettler SICS *on demand*, one answer to `S`. Both say whether
//! the load is at rest; only a weight at rest may be booked. Weights are exact decimals in
//! kilograms. A scale set to pounds is refused: a conversion would not be exact, and customs weighs
//! in kilograms.

use crate::quantity::Weight;
use rust_decimal::Decimal;

/// The language a scale is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum ScaleLanguage {
    /// Toledo continuous output, with or without a checksum after each frame.
    ToledoContinuous {
        /// Whether a checksum byte follows each frame.
        checksum: bool,
    },
    /// Mettler SICS, asked for each weight.
    SicsOnDemand,
}

/// One weight as the scale shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weighing {
    /// In kilograms.
    pub weight: Weight,
    /// The load is at rest.
    pub stable: bool,
    /// A tare was taken off.
    pub net: bool,
}

/// Why a frame is no weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScaleFault {
    /// The bytes are not a frame of this language.
    #[error("not a frame of this scale")]
    Malformed,
    /// The checksum does not fit.
    #[error("checksum")]
    Checksum,
    /// Above the scale's range, below zero's, or its zero was never set.
    #[error("out of range")]
    OutOfRange,
    /// The scale could not weigh just now.
    #[error("busy")]
    Busy,
    /// Not in grams, kilograms or tonnes.
    #[error("not metric")]
    NotMetric,
}

const STX: u8 = 2;
const CR: u8 = 13;

/// A Toledo frame: STX, three status bytes, six digits of weight, six of tare, CR.
const FRAME: usize = 17;

/// Finds Toledo continuous frames in what a port gives.
#[derive(Debug, Clone)]
pub struct ToledoFrames {
    checksum: bool,
    held: Vec<u8>,
}

impl ToledoFrames {
    /// For a scale that sends a checksum after each frame, or none.
    pub fn new(checksum: bool) -> Self {
        Self {
            checksum,
            held: Vec::new(),
        }
    }

    /// Takes bytes and gives the frames that are complete, each read.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Result<Weighing, ScaleFault>> {
        self.held.extend_from_slice(bytes);
        let length = if self.checksum {
            FRAME.saturating_add(1)
        } else {
            FRAME
        };
        let mut out = Vec::new();
        loop {
            // A port opened in mid-frame begins with the tail of one; STX stands nowhere else.
            let start = self
                .held
                .iter()
                .position(|byte| *byte == STX)
                .unwrap_or(self.held.len());
            self.held.drain(..start);
            let Some(frame) = self.held.get(..length) else {
                return out;
            };
            let read = if self.checksum {
                checked(frame)
            } else {
                toledo(frame)
            };
            // After a frame that is none, only its STX is dropped: the real one may begin inside.
            let used = if read == Err(ScaleFault::Malformed) {
                1
            } else {
                length
            };
            self.held.drain(..used);
            out.push(read);
        }
    }

    /// Forgets a frame under way.
    pub fn reset(&mut self) {
        self.held.clear();
    }
}

/// The low seven bits of all bytes with their checksum add up to nothing.
fn checked(frame: &[u8]) -> Result<Weighing, ScaleFault> {
    let (_, body) = frame.split_last().ok_or(ScaleFault::Malformed)?;
    let weighing = toledo(body);
    if weighing == Err(ScaleFault::Malformed) {
        return weighing;
    }
    let sum = frame
        .iter()
        .fold(0u8, |sum, byte| sum.wrapping_add(byte & 0x7f));
    if sum & 0x7f == 0 {
        weighing
    } else {
        Err(ScaleFault::Checksum)
    }
}

/// Reads one frame of Toledo continuous output (Mettler Toledo terminals, standard format).
///
/// # Errors
/// See [`ScaleFault`].
pub fn toledo(frame: &[u8]) -> Result<Weighing, ScaleFault> {
    let [STX, a, b, c, digits @ .., CR] = frame else {
        return Err(ScaleFault::Malformed);
    };
    let (weight, _tare) = digits.split_at_checked(6).ok_or(ScaleFault::Malformed)?;
    // Bit 5 is always set in a status byte: it keeps them printable, and tells them from noise.
    if frame.len() != FRAME || [a, b, c].into_iter().any(|status| status & 0x20 == 0) {
        return Err(ScaleFault::Malformed);
    }
    if b & 0x04 != 0 || b & 0x40 != 0 {
        return Err(ScaleFault::OutOfRange);
    }
    let text = std::str::from_utf8(weight)
        .map_err(|_| ScaleFault::Malformed)?
        .trim_start();
    let number: i64 = text.parse().map_err(|_| ScaleFault::Malformed)?;
    let signed = if b & 0x02 == 0 {
        number
    } else {
        number.wrapping_neg()
    };
    // Bits 0 to 2 place the decimal point: 2 is after the last digit.
    let point = u32::from(a & 0x07);
    let scale = point
        .saturating_sub(2)
        .saturating_add(if c & 0x10 == 0 { 0 } else { 1 });
    let zeros = 10i64.pow(2u32.saturating_sub(point));
    let shown = signed.checked_mul(zeros).ok_or(ScaleFault::Malformed)?;
    let unit = match (c & 0x07, b & 0x10 != 0) {
        (0, true) => "kg",
        (1, _) => "g",
        (2, _) => "t",
        _ => return Err(ScaleFault::NotMetric),
    };
    let weight = in_kilograms(Decimal::new(shown, scale), unit)?;
    Ok(Weighing {
        weight,
        stable: b & 0x08 == 0,
        net: b & 0x01 != 0,
    })
}

/// What to send to ask a SICS scale for its weight, at once and moving or not.
pub const SICS_ASK: &[u8] = b"SI\r\n";

/// Reads one answer line of a Mettler SICS scale, without CR LF.
///
/// # Errors
/// See [`ScaleFault`].
pub fn sics(line: &str) -> Result<Weighing, ScaleFault> {
    let mut words = line.split_ascii_whitespace();
    if !matches!(words.next(), Some("S" | "SI")) {
        return Err(ScaleFault::Malformed);
    }
    let stable = match words.next() {
        Some("S") => true,
        Some("D") => false,
        Some("+" | "-") => return Err(ScaleFault::OutOfRange),
        Some("I") => return Err(ScaleFault::Busy),
        _ => return Err(ScaleFault::Malformed),
    };
    let (Some(number), Some(unit), None) = (words.next(), words.next(), words.next()) else {
        return Err(ScaleFault::Malformed);
    };
    let number = Decimal::from_str_exact(number).map_err(|_| ScaleFault::Malformed)?;
    Ok(Weighing {
        weight: in_kilograms(number, unit)?,
        stable,
        net: false,
    })
}

fn in_kilograms(number: Decimal, unit: &str) -> Result<Weight, ScaleFault> {
    let factor = match unit {
        "g" => Decimal::new(1, 3),
        "kg" => Decimal::ONE,
        "t" => Decimal::ONE_THOUSAND,
        _ => return Err(ScaleFault::NotMetric),
    };
    let kilograms = number.checked_mul(factor).ok_or(ScaleFault::Malformed)?;
    Weight::from_decimal(kilograms).map_err(|_| ScaleFault::Malformed)
}

/// What weighing may say.
pub mod says {
    crate::messages! {
        yes {}
        no {
            /// The load did not come to rest in time.
            moving(device) = "scale.moving";
            /// Overloaded, or its zero is lost.
            out_of_range(device) = "scale.out_of_range";
            /// The scale is set to pounds or another unit.
            not_metric(device) = "scale.not_metric";
            /// The scale was unbound while a weight was awaited.
            none_bound() = "scale.none_bound";
            /// The scale sends nothing, or something else than its language.
            silent(device) = "scale.silent";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(a: u8, b: u8, c: u8, weight: &str) -> Vec<u8> {
        [&[STX, a, b, c][..], weight.as_bytes(), b"000000", &[CR]].concat()
    }

    fn with_checksum(frame: Vec<u8>) -> Vec<u8> {
        let sum = frame
            .iter()
            .fold(0u8, |sum, byte| sum.wrapping_add(byte & 0x7f));
        [frame, vec![sum.wrapping_neg() & 0x7f]].concat()
    }

    #[test]
    fn a_parcel_at_rest_is_weighed_to_the_gram() {
        let read = toledo(&frame(0x2d, 0x30, 0x20, "  1250")).unwrap();
        assert_eq!(
            (read.weight.to_string(), read.stable, read.net),
            ("1.25".into(), true, false)
        );
    }

    #[test]
    fn a_swinging_parcel_is_not_at_rest_and_a_pound_is_no_kilogram() {
        assert!(!toledo(&frame(0x2d, 0x38, 0x20, "001250")).unwrap().stable);
        assert_eq!(
            toledo(&frame(0x2d, 0x20, 0x20, "001250")),
            Err(ScaleFault::NotMetric)
        );
        assert_eq!(
            toledo(&frame(0x2d, 0x34, 0x20, "001250")),
            Err(ScaleFault::OutOfRange)
        );
        assert_eq!(
            toledo(&frame(0x2d, 0x32, 0x20, "000010"))
                .unwrap()
                .weight
                .to_string(),
            "-0.01"
        );
        assert_eq!(
            toledo(&frame(0x2a, 0x30, 0x21, "001250"))
                .unwrap()
                .weight
                .to_string(),
            "1.25"
        );
    }

    #[test]
    fn frames_are_found_from_the_middle_of_one_on() {
        let whole = with_checksum(frame(0x2d, 0x30, 0x20, "001250"));
        let bytes = [&whole[9..], &whole, &whole].concat();
        let read = ToledoFrames::new(true).push(&bytes);
        assert_eq!(read.len(), 2);
        assert!(
            read.iter()
                .all(|read| read.unwrap().weight.to_string() == "1.25")
        );
    }

    #[test]
    fn a_flipped_digit_fails_its_checksum() {
        let mut bytes = with_checksum(frame(0x2d, 0x30, 0x20, "001250"));
        bytes[7] = b'9';
        assert_eq!(
            ToledoFrames::new(true).push(&bytes),
            [Err(ScaleFault::Checksum)]
        );
    }

    #[test]
    fn a_scale_asked_for_its_weight_answers_in_words() {
        let read = sics("S S     100.00 g").unwrap();
        assert_eq!((read.weight.to_string(), read.stable), ("0.1".into(), true));
        assert!(!sics("S D       1.250 kg").unwrap().stable);
        assert_eq!(sics("S +"), Err(ScaleFault::OutOfRange));
        assert_eq!(sics("S I"), Err(ScaleFault::Busy));
        assert_eq!(sics("ES"), Err(ScaleFault::Malformed));
        assert_eq!(sics("S S  2.2 lb"), Err(ScaleFault::NotMetric));
    }

    proptest! {
        #[test]
        fn no_noise_brings_the_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..200), checksum: bool) {
            let _ = ToledoFrames::new(checksum).push(&bytes);
            let _ = sics(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn every_weight_shown_is_read_as_shown(number in 0u32..1_000_000) {
            let bytes = with_checksum(frame(0x2d, 0x30, 0x20, &format!("{number:06}")));
            let read = ToledoFrames::new(true).push(&bytes);
            prop_assert_eq!(read[0].unwrap().weight.to_decimal(), Decimal::new(i64::from(number), 3));
        }
    }
}
