//! How scanners leave the factory, by maker, and which of the maker's own codes put them right.
//!
//! A starting point for the scanner page; what a scanner really does, the clinic shows. "Factory" is
//! plain RS-232 or USB-CDC mode, the only ones read here. Each statement names where it is documented;
//! what no manual was found for says so and is proposed with care: silence ends every scan, which is
//! right for any setting, only slower.

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
    /// Codes of its own that change it.
    pub codes: &'static [SetupCode],
}

/// What a configuration code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mends {
    /// Ends each scan with CR.
    Suffix,
    /// Sends AIM identifiers.
    Aim,
    /// Brings the factory settings back.
    Reset,
    /// Tells the scanner's own settings.
    Query,
}

impl Mends {
    /// Its name in catalogue keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Suffix => "suffix",
            Self::Aim => "aim",
            Self::Reset => "reset",
            Self::Query => "query",
        }
    }
}

/// A configuration code of a maker, as its manual prints it or its service port takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetupCode {
    /// What it does.
    pub mends: Mends,
    /// The code; control characters by their names in angle brackets.
    pub code: &'static str,
    /// The manual that documents it; none when it was only seen in use.
    pub source: Option<&'static str>,
}

/// The makers the product knows. None sends AIM identifiers out of the box: one configuration
/// code switches them on.
pub const MAKERS: [Maker; 4] = [
    Maker {
        name: "Honeywell",
        vendors: &[0x0c2e, 0x0536],
        baud: 115_200,
        ends: Ending::CrLf,
        source: Some("Honeywell user's guide, RS-232 interface (plug and play code)"),
        codes: &[],
    },
    Maker {
        // "Data as is" is the factory's choice: no terminator until a suffix format is chosen.
        name: "Zebra",
        vendors: &[0x05e0],
        baud: 9_600,
        ends: Ending::Silence,
        source: Some("Zebra DS6608 product reference guide, RS-232 host parameters"),
        codes: &[],
    },
    Maker {
        // The frame of its serial commands is documented; which suffix it leaves the factory with is
        // not, and differs by model. The scanner itself tells: `&` asks for the factory's value.
        name: "Newland",
        vendors: &[0x1eab],
        baud: 9_600,
        ends: Ending::Silence,
        source: None,
        codes: &[
            SetupCode {
                mends: Mends::Query,
                code: "~<SOH>0000@TSUENA&,SET&;<ETX>",
                source: Some(
                    "Newland NLS-HR42 and NLS-HR52 user guides, use of programming command",
                ),
            },
            SetupCode {
                mends: Mends::Suffix,
                code: "~<SOH>0000@TSUENA1,SET0D;<ETX>",
                source: None,
            },
            SetupCode {
                mends: Mends::Aim,
                code: "~<SOH>0000@AIDENA1;<ETX>",
                source: None,
            },
        ],
    },
    Maker {
        // Older readers say CR LF in RS-232 mode (Gryphon D/M, QuickScan Mobile); newer ones have one
        // global suffix for all interfaces, whose factory value no manual page at hand states. So
        // silence ends a scan until the clinic has seen the suffix.
        name: "Datalogic",
        vendors: &[0x05f9],
        baud: 9_600,
        ends: Ending::Silence,
        source: None,
        codes: &[
            SetupCode {
                mends: Mends::Aim,
                code: "$CAIEN01<CR>",
                source: Some("Datalogic QuickScan I QD2400 product reference guide, Global AIM ID"),
            },
            SetupCode {
                mends: Mends::Suffix,
                code: "$CLFSU0D<CR>",
                source: None,
            },
            SetupCode {
                mends: Mends::Reset,
                code: "$P,Ae,P<CR>",
                source: Some("Datalogic Gryphon I GFS4400 product reference guide, label ID sets"),
            },
        ],
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_documented_is_proposed_with_care_and_says_so() {
        for maker in &MAKERS {
            if maker.source.is_none() {
                assert_eq!(maker.ends, Ending::Silence, "{}", maker.name);
            }
            // An identifier that nobody switched on would make every scan of a new scanner wrong.
            assert!(!maker.profile().aim, "{}", maker.name);
        }
    }

    #[test]
    fn a_scanner_is_its_makers_by_its_vendor_id() {
        let name = |vendor| Maker::of_vendor(vendor).map(|maker| maker.name);
        assert_eq!(name(0x1eab), Some("Newland"));
        assert_eq!(name(0x05f9), Some("Datalogic"));
        assert_eq!(name(0xffff), None);
    }
}
