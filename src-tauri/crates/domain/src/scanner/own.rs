//! The warehouse's own codes, printed as Code 128: `BH1` + letter + payload + check character.
//!
//! The alphabet has 37 characters, `0`–`9`, `A`–`Z` and `-`, with the values 0 to 36. The check
//! character makes the sum of all values, weighted by powers of two from the right, a multiple of
//! 37 (ISO/IEC 7064 MOD 37-2, with `-` in the place of `*`). As 37 is prime and 2 generates all its
//! residues, every single wrong character and every swap of two neighbours is found. The prefix
//! and letter are summed too, so that a location never turns into a badge.
//!
//! No GS1 string, EAN or waybill of a carrier begins like this.

use super::{Meaning, says, token};
use crate::ids::{DeviceId, LocationId};
use crate::message::Refusal;
use crate::task::Command;
use data_encoding::BASE32_NOPAD;

const PREFIX: &str = "BH1";
const ALPHABET: &[u8; 37] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-";

/// 128 random bits on a badge (胸卡): who carries it is in the people room, never in the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BadgeCode(pub [u8; 16]);

impl std::fmt::Debug for BadgeCode {
    /// A badge lets its bearer in, so it is kept out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BadgeCode(…)")
    }
}

/// What one of our own codes says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnCode {
    /// `L`: a location.
    Location(LocationId),
    /// `B`: a badge.
    Badge(BadgeCode),
    /// `C`: a command.
    Command(Command),
    /// `CN0` to `CN9`: a digit.
    Digit(u8),
    /// `CGO-`: go into the room of this noun, on a bench card.
    Room(String),
    /// `S`: a workstation.
    Station(DeviceId),
    /// `R`: a release token.
    ReleaseToken(token::Unverified),
}

impl From<OwnCode> for Meaning {
    fn from(code: OwnCode) -> Self {
        match code {
            OwnCode::Location(location) => Self::Location(location),
            OwnCode::Badge(badge) => Self::Badge(badge),
            OwnCode::Command(command) => Self::Command(command),
            OwnCode::Digit(digit) => Self::Digit(digit),
            OwnCode::Room(noun) => Self::Room(noun),
            OwnCode::Station(device) => Self::Station(device),
            OwnCode::ReleaseToken(token) => Self::ReleaseToken(token),
        }
    }
}

/// The words of command barcodes, the same as on the key strip.
const COMMANDS: [(&str, Command); 11] = [
    ("HELP", Command::Help),
    ("UNDO", Command::Undo),
    ("QTY", Command::Quantity),
    ("DMG", Command::Damaged),
    ("F5", Command::Park),
    ("SUP", Command::Supervisor),
    ("F7", Command::Reprint),
    ("OK", Command::Ok),
    ("NEXT", Command::Next),
    ("BACK", Command::Back),
    ("LOCK", Command::Lock),
];

/// What the word of a room begins with, so that no room is ever taken for a command.
const GO: &str = "GO-";

impl OwnCode {
    /// The text to print as Code 128, or `None` when a name holds a character outside the alphabet.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Location(location) => sealed('L', location.as_str()),
            Self::Badge(badge) => sealed('B', &BASE32_NOPAD.encode(&badge.0)),
            Self::Command(command) => {
                let (word, _) = COMMANDS.iter().find(|(_, listed)| listed == command)?;
                sealed('C', word)
            }
            Self::Digit(digit) => sealed(
                'C',
                &format!("N{}", char::from_digit(u32::from(*digit), 10)?),
            ),
            Self::Room(noun) => sealed('C', &format!("{GO}{}", noun.to_ascii_uppercase())),
            Self::Station(device) => sealed('S', device.as_str()),
            Self::ReleaseToken(token) => sealed('R', &token.encoded()),
        }
    }
}

/// Reads an own code; `None` when `text` is none at all.
pub fn read(text: &str) -> Option<Result<OwnCode, Refusal>> {
    let body = text.strip_prefix(PREFIX)?;
    let sum = text.bytes().map(value).try_fold(0u32, |sum, value| {
        Some((sum.wrapping_mul(2).wrapping_add(value?)) % 37)
    });
    // The letter, at least one character of payload, and the check character.
    if body.len() < 3 || sum != Some(0) {
        return Some(Err(says::own_code_damaged()));
    }
    let payload = body
        .get(1..body.len().saturating_sub(1))
        .unwrap_or_default();
    let code = match body.chars().next() {
        Some('L') => Some(OwnCode::Location(LocationId::new(payload))),
        Some('B') => badge(payload).map(OwnCode::Badge),
        Some('C') => command(payload),
        Some('S') => Some(OwnCode::Station(DeviceId::new(payload))),
        Some('R') => token::Unverified::decode(payload).map(OwnCode::ReleaseToken),
        _ => None,
    };
    Some(code.ok_or_else(says::own_code_unknown))
}

fn badge(payload: &str) -> Option<BadgeCode> {
    let bytes = BASE32_NOPAD.decode(payload.as_bytes()).ok()?;
    bytes.try_into().ok().map(BadgeCode)
}

fn command(word: &str) -> Option<OwnCode> {
    if let Some((_, command)) = COMMANDS.iter().find(|(listed, _)| *listed == word) {
        return Some(OwnCode::Command(*command));
    }
    if let Some(noun) = word.strip_prefix(GO) {
        return Some(OwnCode::Room(noun.to_ascii_lowercase()));
    }
    match word.as_bytes() {
        [b'N', digit @ b'0'..=b'9'] => Some(OwnCode::Digit(digit.wrapping_sub(b'0'))),
        _ => None,
    }
}

fn value(byte: u8) -> Option<u32> {
    ALPHABET
        .iter()
        .position(|listed| *listed == byte)
        .and_then(|value| u32::try_from(value).ok())
}

fn sealed(letter: char, payload: &str) -> Option<String> {
    if payload.is_empty() {
        return None;
    }
    let text = format!("{PREFIX}{letter}{payload}");
    let mut sum = 0u32;
    for byte in text.bytes() {
        sum = sum.wrapping_mul(2).wrapping_add(value(byte)?) % 37;
    }
    let check = 37u32.wrapping_sub(sum.wrapping_mul(2) % 37) % 37;
    Some(format!(
        "{text}{}",
        char::from(*ALPHABET.get(usize::try_from(check).ok()?)?)
    ))
}
