//! Scanners and scales of a workstation: what each is called, where it is found, how it speaks.
//!
//! A peripheral (外设) is known by what stays the same when it is unplugged and plugged in again: what
//! it says of itself over USB, else a path. A setting belongs to one peripheral, because two scanners
//! of one bench seldom come from one maker. A workstation is never called a device here: that word is
//! taken by the journal.
//!
//! Not here: opening a port (`devices`), keeping the settings (`store`).

use crate::framing::{Framing, FramingConfig};
use crate::scale::ScaleLanguage;
use serde::{Deserialize, Serialize};

/// Speeds a serial scanner or scale is set to, in bits per second.
pub const BAUDS: [u32; 6] = [4_800, 9_600, 19_200, 38_400, 57_600, 115_200];

/// Names longer than this do not fit on the status line.
const LONGEST_NAME: usize = 12;

/// One scanner or scale as the supervisor set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct Peripheral {
    /// What the clerks call it; stands in the evidence of every scan.
    pub name: String,
    /// The noun of the room whose bench it stands at; none when it serves whichever room is open.
    pub bench: Option<String>,
    /// Where it is.
    pub port: PortName,
    /// How its line is set.
    pub line: LineSettings,
    /// What it is and how it speaks.
    pub speaks: Speaks,
}

/// What a peripheral is, with how it speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "is", content = "how", rename_all = "snake_case")]
pub enum Speaks {
    /// A scanner.
    Scanner(ScannerProfile),
    /// A scale.
    Scale(ScaleLanguage),
}

/// How a scanner is set to send what it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct ScannerProfile {
    /// How it marks the end of a scan.
    pub ends: Ending,
    /// Milliseconds of silence after which a scan is over or torn.
    pub idle_ms: u16,
    /// It sends AIM identifiers: a scan without one is then refused, not guessed at.
    pub aim: bool,
    /// What it sends when it saw no code it could read.
    pub no_read: Option<String>,
}

/// What a scanner sends after a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// CR.
    Cr,
    /// LF.
    Lf,
    /// CR LF.
    CrLf,
    /// ETX, with STX before the data.
    StxEtx,
    /// Nothing: the scan ends when the line is silent.
    Silence,
}

impl Default for ScannerProfile {
    /// What an unknown scanner is taken for: any terminator ends a scan, and so does silence.
    fn default() -> Self {
        Self {
            ends: Ending::Silence,
            idle_ms: 80,
            aim: false,
            no_read: None,
        }
    }
}

impl ScannerProfile {
    /// The framing that fits. CR, LF and CR LF are understood alike, so that a scanner replaced in
    /// a hurry works; that one of them is due decides whether a scan without it is torn.
    pub fn framing(&self) -> FramingConfig {
        FramingConfig {
            framing: match self.ends {
                Ending::StxEtx => Framing::StxEtx,
                Ending::Cr | Ending::Lf | Ending::CrLf | Ending::Silence => Framing::Terminator,
            },
            idle_ms: u64::from(self.idle_ms),
            silence_ends: self.ends == Ending::Silence,
            no_read: self.no_read.clone(),
            ..FramingConfig::default()
        }
    }
}

impl Peripheral {
    /// The first field that cannot be, if any.
    pub fn fault(&self) -> Option<&'static str> {
        let name = self.name.trim();
        let named = !name.is_empty()
            && name == self.name
            && name.chars().count() <= LONGEST_NAME
            && !name.chars().any(|c| c == ':' || c.is_control());
        let found = match &self.port {
            PortName::Path(path) => !path.trim().is_empty(),
            PortName::Usb(_) => true,
        };
        let waits = match &self.speaks {
            Speaks::Scanner(profile) => (20..=1_000).contains(&profile.idle_ms),
            Speaks::Scale(_) => true,
        };
        [
            (named, "name"),
            (found, "port"),
            (BAUDS.contains(&self.line.baud), "baud"),
            (waits, "idle_ms"),
        ]
        .into_iter()
        .find_map(|(holds, field)| (!holds).then_some(field))
    }
}

/// How to find a peripheral's port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum PortName {
    /// This path or port name, as typed.
    Path(String),
    /// Wherever this USB device is.
    Usb(UsbIdentity),
}

/// What a USB device says of itself; given fields must agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct UsbIdentity {
    /// Vendor id.
    pub vendor: u16,
    /// Product id.
    pub product: u16,
    /// Serial number, where the device has one.
    pub serial: Option<String>,
    /// The socket it is in (`1-1.4`), for devices without a serial number.
    pub socket: Option<String>,
}

impl PortName {
    /// For people: the path, or vendor and product in hexadecimal and what tells it from its like.
    pub fn shown(&self) -> String {
        match self {
            Self::Path(path) => path.clone(),
            Self::Usb(usb) => {
                let own = usb.serial.as_ref().or(usb.socket.as_ref());
                let own = own.map(|own| format!(" {own}")).unwrap_or_default();
                format!("USB {:04x}:{:04x}{own}", usb.vendor, usb.product)
            }
        }
    }
}

/// How the line is set. USB devices ignore all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct LineSettings {
    /// Bits per second.
    pub baud: u32,
    /// Seven or eight data bits.
    pub data_bits: DataBits,
    /// Parity.
    pub parity: Parity,
    /// Whether the device waits for RTS.
    pub hardware_flow: bool,
}

/// Bits of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum DataBits {
    /// Seven.
    Seven,
    /// Eight.
    Eight,
}

/// The parity bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Parity {
    /// None.
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

impl Default for LineSettings {
    fn default() -> Self {
        Self {
            baud: 9_600,
            data_bits: DataBits::Eight,
            parity: Parity::None,
            hardware_flow: false,
        }
    }
}

/// What binding a peripheral, and scanning with one, may say.
pub mod says {
    crate::messages! {
        yes {}
        no {
            /// Another peripheral of this station has the name.
            name_taken(name) = "scanner.name_taken";
            /// Another peripheral of this station is at this port.
            port_taken(port, name) = "scanner.port_taken";
            /// No peripheral of this name is bound here.
            not_bound(name) = "scanner.not_bound";
            /// The scanner belongs to another bench than the one whose room is open.
            other_bench(device, bench) = "scanner.other_bench";
            /// The scanner is set to send AIM identifiers and sent none.
            no_aim(device) = "scanner.no_aim";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gun(name: &str) -> Peripheral {
        Peripheral {
            name: name.into(),
            bench: None,
            port: PortName::Path("/dev/ttyS0".into()),
            line: LineSettings::default(),
            speaks: Speaks::Scanner(ScannerProfile::default()),
        }
    }

    #[test]
    fn a_name_that_would_not_fit_or_would_blur_the_evidence_is_no_name() {
        assert_eq!(gun("左枪").fault(), None);
        for name in ["", " 左枪", "serial:1", "a name of many letters"] {
            assert_eq!(gun(name).fault(), Some("name"), "{name}");
        }
    }

    #[test]
    fn a_scan_without_the_terminator_that_is_due_is_torn_and_not_booked() {
        let ending = |ends| {
            ScannerProfile {
                ends,
                ..ScannerProfile::default()
            }
            .framing()
        };
        assert!(ending(Ending::Silence).silence_ends);
        assert!(!ending(Ending::CrLf).silence_ends);
        assert_eq!(ending(Ending::StxEtx).framing, Framing::StxEtx);
    }
}
