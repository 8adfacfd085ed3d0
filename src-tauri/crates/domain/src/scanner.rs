//! What a scan means, and the warehouse's own codes.
//!
//! [`Scan`] is a frame as it arrived; [`Scan::mean`] says what it is without looking anything up:
//! the room knows which waybills and items exist, this module only what a code *can* be. Where two
//! readings are possible that is said ([`Plain`]), never decided here.
//!
//! Own codes are [`own`], signed release tokens [`token`], and what a scanner does to codes on their
//! way to us is examined by [`clinic`]. A scanner in keyboard mode is recognised where the keys are,
//! in the window (`ui/src/lib/keys.ts`); its text is read here like any other.

pub mod card;
pub mod clinic;
pub mod own;
pub mod serial;
pub mod token;
pub mod waybill;

use crate::framing::Frame;
use crate::gs1::elements::Unknown;
use crate::gs1::link;
use crate::gs1::pairs::{self, Required};
use crate::gs1::symbol::{self, Carried, Symbology};
use crate::gs1::{ElementString, Fault, Gtin};
use crate::ids::{DeviceId, LicencePlate, LocationId};
use crate::message::Refusal;
use crate::task::Command;

/// Where bytes above 0x7F stand that are no text: private characters, as browsers read
/// `x-user-defined`. No label carries them, so each text has exactly one reading.
const BYTES_AT: u32 = 0xF700;

/// The text of a frame: UTF-8 where it is, else each byte above 0x7F as a private character of its
/// own. Nothing is lost: [`bytes_of`] gives the very bytes back.
pub fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(|c| stands_for(c).is_none()) => text.to_owned(),
        _ => bytes
            .iter()
            .map(|byte| match byte {
                0..=0x7F => char::from(*byte),
                _ => char::from_u32(BYTES_AT | u32::from(*byte))
                    .unwrap_or(char::REPLACEMENT_CHARACTER),
            })
            .collect(),
    }
}

/// The bytes a text of [`text_of`] was made from.
pub fn bytes_of(text: &str) -> Vec<u8> {
    if !text.chars().any(|c| stands_for(c).is_some()) {
        return text.as_bytes().to_vec();
    }
    let mut out = Vec::new();
    for character in text.chars() {
        match stands_for(character) {
            Some(byte) => out.push(byte),
            None => out.extend(character.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    out
}

/// A scan as people can read it: control characters as their pictures (GS is `␝`), bytes that are
/// no text as `<E9>`.
pub fn shown(raw: &str) -> String {
    let mut out = String::new();
    for character in raw.chars() {
        match (stands_for(character), u32::from(character)) {
            (Some(byte), _) => out.push_str(&format!("<{byte:02X}>")),
            (None, code @ 0..=0x1F) => out.extend(char::from_u32(0x2400 | code)),
            (None, _) => out.push(character),
        }
    }
    out
}

/// The byte a private character stands for.
fn stands_for(character: char) -> Option<u8> {
    let code = u32::from(character);
    let byte = u8::try_from(code & 0xFF).ok()?;
    (code & !0xFF == BYTES_AT && byte > 0x7F).then_some(byte)
}

/// A frame of a scanner: AIM prefix and GS bytes intact, terminator removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    raw: String,
}

/// What a scan is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// An item (商品): retail bars, or an element string that names it with (01).
    Item {
        /// Which.
        gtin: Gtin,
        /// What else its label said: lot, expiry, serial number.
        elements: ElementString,
    },
    /// A pallet, tote or carton (托盘 / 周转箱) by its SSCC, with what else its label said.
    LicencePlate {
        /// Which.
        plate: LicencePlate,
        /// Content and count, when the label says.
        elements: ElementString,
    },
    /// GS1 data that names neither item nor plate: a second barcode of the same label.
    Elements(ElementString),
    /// A place in the building.
    Location(LocationId),
    /// A person's badge; who it is, the room asks.
    Badge(own::BadgeCode),
    /// A command barcode: the same as its key.
    Command(Command),
    /// A digit of a quantity, 0 to 9.
    Digit(u8),
    /// Go into the room of this noun.
    Room(String),
    /// A workstation.
    Station(DeviceId),
    /// A printed release, not yet verified.
    ReleaseToken(token::Unverified),
    /// Anything else, usually a waybill number: the room resolves it among what it knows.
    Plain(Plain),
    /// The scanner saw no code it could read.
    NoRead,
    /// A code that says what it is and is damaged or false: never to be guessed at.
    Refused(Refusal),
}

/// Text whose meaning only the room can tell, with every reading that is possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// The data without AIM prefix.
    pub text: String,
    /// It could also be an item's number: the digits and their check digit fit.
    pub gtin: Option<Gtin>,
    /// It would be this, had the scanner told its symbol: set the scanner to send AIM identifiers.
    pub elements: Option<ElementString>,
}

impl Scan {
    /// A frame as text.
    pub fn new(raw: impl Into<String>) -> Self {
        Self { raw: raw.into() }
    }

    /// A frame as bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self {
            raw: text_of(bytes),
        }
    }

    /// As it arrived.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Which symbol the scanner saw, as far as it said.
    pub fn symbology(&self) -> Symbology {
        symbol::split(&self.raw).0
    }

    /// The data without its AIM prefix.
    pub fn data(&self) -> &str {
        symbol::split(&self.raw).1
    }

    /// What this scan is.
    pub fn mean(&self) -> Meaning {
        let (symbology, data) = symbol::split(&self.raw);
        if let Some(own) = own::read(data) {
            return match own {
                Ok(code) => code.into(),
                Err(refusal) => Meaning::Refused(refusal),
            };
        }
        // A scanner set to send no AIM identifier may send the first FNC1 as GS; nothing else does.
        if let (Symbology::Unknown, Some(data)) = (symbology, data.strip_prefix('\u{1d}')) {
            return match symbol::elements(data, Required::Later) {
                Ok(elements) => elements.into(),
                Err(faults) => refused(&faults, &self.raw),
            };
        }
        match symbol::read(&self.raw, Required::Later) {
            Ok(Carried::Elements(elements)) => elements.into(),
            Ok(Carried::Gtin(gtin, added)) => Meaning::Item {
                gtin,
                elements: added.unwrap_or_default(),
            },
            Ok(Carried::Link(link)) => link.elements.into(),
            Ok(Carried::Text(_)) => Meaning::Plain(plain(symbology, data)),
            // Most addresses in QR codes are not GS1's; they are text like any other.
            Err(_) if link::is_link(data) && symbology != Symbology::Unknown => {
                Meaning::Plain(plain(symbology, data))
            }
            Err(faults) if faults.iter().all(|fault| fault.code == "not_gs1") => match symbology {
                Symbology::Itf => carton(data),
                Symbology::Ean13AddOn => with_add_on(data, &self.raw),
                Symbology::Unknown => self_described(data),
                _ => Meaning::Plain(plain(symbology, data)),
            },
            Err(faults) => refused(&faults, &self.raw),
        }
    }
}

impl From<&Frame> for Meaning {
    /// What a reader thread handed over.
    fn from(frame: &Frame) -> Self {
        match frame {
            Frame::Scan { bytes, .. } => Scan::of_bytes(bytes).mean(),
            Frame::Torn { .. } => Self::Refused(says::unterminated()),
            Frame::NoRead => Self::NoRead,
            Frame::Overlong => Self::Refused(says::overlong()),
        }
    }
}

impl From<ElementString> for Meaning {
    fn from(elements: ElementString) -> Self {
        if let Some(gtin) = elements.gtin() {
            return Self::Item { gtin, elements };
        }
        match elements.sscc() {
            Some(sscc) => Self::LicencePlate {
                plate: LicencePlate::new(sscc),
                elements,
            },
            None => Self::Elements(elements),
        }
    }
}

/// Interleaved 2 of 5 with a whole GTIN-14 is a carton's; anything else is plain.
fn carton(data: &str) -> Meaning {
    match Gtin::new(data) {
        Some(gtin) if data.len() == 14 => Meaning::Item {
            gtin,
            elements: ElementString::default(),
        },
        _ => Meaning::Plain(plain(Symbology::Itf, data)),
    }
}

/// EAN-13 with the two or five digits of a periodical: the item is in the first thirteen.
fn with_add_on(data: &str, raw: &str) -> Meaning {
    match data.get(..13).and_then(Gtin::new) {
        Some(gtin) if matches!(data.len(), 15 | 18) => Meaning::Item {
            gtin,
            elements: ElementString::default(),
        },
        _ => refused(&[Fault::new("incorrect_check_digit", 3, data.len())], raw),
    }
}

/// What says itself that it is GS1, whoever typed or sent it: brackets or a web address, whole and
/// without a fault. Anything else without AIM identifier is plain.
fn self_described(data: &str) -> Meaning {
    let link =
        link::read(data, Required::Later, link::Forgive::default()).map(|link| link.elements);
    match link.or_else(|_| bracketed(data)) {
        Ok(elements) => elements.into(),
        Err(_) => Meaning::Plain(plain(Symbology::Unknown, data)),
    }
}

fn bracketed(data: &str) -> Result<ElementString, Vec<Fault>> {
    let elements = ElementString::read_bracketed(data, Unknown::Refused).map_err(|f| vec![f])?;
    match pairs::faults(&elements, Required::Later).as_slice() {
        [] => Ok(elements),
        [first, ..] => Err(vec![Fault::new(first.code, 0, data.len())]),
    }
}

fn plain(symbology: Symbology, data: &str) -> Plain {
    let elements = match symbology {
        // `]c1` is what a scanner with a case conversion makes of `]C1`.
        Symbology::Unknown | Symbology::Other => symbol::elements(data, Required::Later).ok(),
        // Bars that hold the brackets themselves: a label printed wrongly, and often seen.
        Symbology::Code128 | Symbology::Code39 => bracketed(data).ok(),
        _ => None,
    };
    Plain {
        text: data.to_owned(),
        gtin: Gtin::new(data),
        elements,
    }
}

fn refused(faults: &[Fault], raw: &str) -> Meaning {
    let fault = faults
        .first()
        .copied()
        .unwrap_or(Fault::new("not_gs1", 0, raw.len()));
    let place = fault.at.saturating_add(1);
    let raw = shown(raw);
    Meaning::Refused(match fault.code {
        "incorrect_check_digit" | "incorrect_check_pair" => says::check_digit(raw),
        "date_too_short" | "date_too_long" | "illegal_month" | "illegal_day" => {
            says::bad_date(raw, place)
        }
        "repeated_ai_differs" | "excluded_ai" => says::contradiction(raw, place),
        code => says::bad_gs1(raw, code, place),
    })
}

/// What reading a code may say.
pub mod says {
    crate::messages! {
        yes {}
        no {
            /// A check digit is wrong: misread, or the label is damaged.
            check_digit(raw) = "scanner.check_digit";
            /// A date in the code is no date.
            bad_date(raw, at) = "scanner.bad_date";
            /// The code contradicts itself: two items, or one value twice and different.
            contradiction(raw, at) = "scanner.contradiction";
            /// The code claims to be GS1 and is not well formed.
            bad_gs1(raw, fault, at) = "scanner.bad_gs1";
            /// One of the warehouse's own codes is damaged.
            own_code_damaged() = "scanner.own_code_damaged";
            /// One of the warehouse's own codes is of a kind this version does not know.
            own_code_unknown() = "scanner.own_code_unknown";
            /// A release token was not made by the workstation it names, or was altered.
            token_false() = "scanner.token_false";
            /// The code ended by silence, not by the scanner's own mark.
            unterminated() = "scanner.unterminated";
            /// More came than any code holds.
            overlong() = "scanner.overlong";
            /// The on-screen scanner exists in practice only.
            no_practice() = "scanner.no_practice";
            /// Another program has the scanner's port.
            port_busy(device, port) = "scanner.port_busy";
            /// It can be read in two ways, and the scanner did not say which symbol it saw.
            ambiguous(raw, meant) = "scanner.ambiguous";
            /// It fits the waybills of several carriers, or is an order's under several, and no document
            /// at hand says which.
            ambiguous_waybill(raw, carriers) = "scanner.ambiguous_waybill";
            /// Several platforms have an order of this number, and no document at hand says which.
            ambiguous_order(raw, orders) = "scanner.ambiguous_order";
            /// It looks like a carrier's waybill, and no order here has it.
            unknown_waybill(raw, carrier) = "scanner.unknown_waybill";
            /// The scanner is not connected.
            port_missing(device, port) = "scanner.port_missing";
            /// Several devices look like the one that was set.
            port_alike(device, port) = "scanner.port_alike";
            /// This user may not open the port.
            port_no_right(device, port) = "scanner.port_no_right";
        }
    }
}

#[cfg(test)]
mod tests;
