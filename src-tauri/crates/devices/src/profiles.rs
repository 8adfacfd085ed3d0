//! How scanners leave the factory, by maker.
//!
//! A starting point for the station page, from the makers' manuals; what a scanner really does is
//! shown by its first scan. "Factory" is plain RS-232 or USB-CDC mode, the only ones read here.

use crate::port::LineSettings;
use bondhouse_domain::framing::FramingConfig;

/// One maker's factory settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The maker.
    pub maker: &'static str,
    /// USB vendor ids its scanners use.
    pub vendors: &'static [u16],
    /// The line's speed in RS-232 mode, always eight bits without parity.
    pub baud: u32,
    /// Whether it sends CR or CR LF after a scan; without, its scans end by silence.
    pub terminates: bool,
}

/// The makers the product knows. None sends AIM identifiers out of the box: one configuration
/// barcode of its manual switches them on.
pub const PROFILES: [Profile; 4] = [
    Profile {
        maker: "Honeywell",
        vendors: &[0x0c2e, 0x0536],
        baud: 115_200,
        terminates: true,
    },
    Profile {
        maker: "Zebra",
        vendors: &[0x05e0],
        baud: 9_600,
        terminates: false,
    },
    Profile {
        maker: "Newland",
        vendors: &[0x1eab],
        baud: 9_600,
        terminates: true,
    },
    Profile {
        maker: "Datalogic",
        vendors: &[0x05f9],
        baud: 9_600,
        terminates: true,
    },
];

impl Profile {
    /// The profile of a USB vendor id.
    pub fn of_vendor(vendor: u16) -> Option<&'static Self> {
        PROFILES
            .iter()
            .find(|profile| profile.vendors.contains(&vendor))
    }

    /// The line as the maker sets it.
    pub fn line(&self) -> LineSettings {
        LineSettings {
            baud: self.baud,
            ..LineSettings::default()
        }
    }

    /// The framing that fits.
    pub fn framing(&self) -> FramingConfig {
        FramingConfig {
            silence_ends: !self.terminates,
            ..FramingConfig::default()
        }
    }
}
