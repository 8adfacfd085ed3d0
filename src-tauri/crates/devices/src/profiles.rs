//! How scanners leave the factory, by maker.
//!
//! A starting point for the scanner page; what a scanner really does, the clinic shows. "Factory" is
//! plain RS-232 or USB-CDC mode, the only ones read here. What no manual was found for is marked so
//! and proposed with care: silence ends every scan, which is right for any setting, only slower.

use bondhouse_domain::peripheral::{Ending, LineSettings, ScannerProfile};

/// One maker's factory settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// The maker.
    pub name: &'static str,
    /// USB vendor ids its scanners use.
    pub vendors: &'static [u16],
    /// The line's speed in RS-232 mode, always eight bits without parity.
    pub baud: u32,
    /// What it sends after a scan.
    pub ends: Ending,
    /// The manual that says so; none when it was not found.
    pub source: Option<&'static str>,
}

/// The makers the product knows. None sends AIM identifiers out of the box: one configuration
/// barcode of its manual switches them on.
pub const MAKERS: [Maker; 4] = [
    Maker {
        name: "Honeywell",
        vendors: &[0x0c2e, 0x0536],
        baud: 115_200,
        ends: Ending::CrLf,
        source: Some("Honeywell user's guide, RS-232 interface (plug and play code)"),
    },
    Maker {
        // "Data as is" is the factory's choice: no terminator until a suffix format is chosen.
        name: "Zebra",
        vendors: &[0x05e0],
        baud: 9_600,
        ends: Ending::Silence,
        source: Some("Zebra DS6608 product reference guide, RS-232 host parameters"),
    },
    Maker {
        name: "Newland",
        vendors: &[0x1eab],
        baud: 9_600,
        ends: Ending::Silence,
        source: None,
    },
    Maker {
        name: "Datalogic",
        vendors: &[0x05f9],
        baud: 9_600,
        ends: Ending::Silence,
        source: None,
    },
];

impl Maker {
    /// The maker behind a USB vendor id.
    pub fn of_vendor(vendor: u16) -> Option<&'static Self> {
        MAKERS.iter().find(|maker| maker.vendors.contains(&vendor))
    }

    /// The line as the maker sets it.
    pub fn line(&self) -> LineSettings {
        LineSettings {
            baud: self.baud,
            ..LineSettings::default()
        }
    }

    /// The profile as the maker sets it.
    pub fn profile(&self) -> ScannerProfile {
        ScannerProfile {
            ends: self.ends,
            ..ScannerProfile::default()
        }
    }
}
