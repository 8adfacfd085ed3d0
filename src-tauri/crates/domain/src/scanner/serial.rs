//! Serial numbers (序列号): one piece, told from all others of its item.
//!
//! The repeat window tells a trigger held too long from a second piece by time alone. A serial number
//! tells it for ever: the same GTIN and serial number twice is one piece, however long ago the first
//! scan was and whoever made it. So a counted or packed serial number is remembered, and a second
//! count is refused by name ([`Seen`]). Facts keep their shape: the number is read again from the scan
//! that every fact carries.

use super::{Meaning, Scan};
use crate::facts::{Fact, ScanEvidence};
use crate::ids::{GrantId, NoticeNo, OrderKey};
use serde::{Deserialize, Serialize};

/// A piece by its GTIN (AI 01) and serial number (AI 21).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
pub struct Serial {
    /// The GTIN in 14 digits.
    pub gtin: String,
    /// The serial number.
    pub number: String,
}

impl std::fmt::Display for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.gtin, self.number)
    }
}

/// Where a fact put a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// Counted in with this notice.
    Counted(NoticeNo),
    /// Into the parcel of this order.
    Packed(OrderKey),
}

/// Where a piece was scanned before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// The notice it was counted in with.
    pub notice: Option<NoticeNo>,
    /// The order it was packed for, as long as that order still has it.
    pub order: Option<OrderKey>,
    /// The grant it was packed under at this workstation.
    pub grant: Option<GrantId>,
}

impl Seen {
    /// Where it cannot be counted in once more, if it was: in its parcel, else with its notice.
    pub fn counted(&self) -> Option<String> {
        let order = self.order.as_ref().map(|order| order.order_no.clone());
        order.or_else(|| self.notice.as_ref().map(NoticeNo::to_string))
    }

    /// The order that has it already, for one who packs `order` under `grant`: another one, or the
    /// same at the same bench. What an earlier holder of the order packed is packed anew.
    pub fn packed(&self, order: &OrderKey, grant: &GrantId) -> Option<String> {
        let by = self.order.as_ref()?;
        (by != order || self.grant.as_ref() == Some(grant)).then(|| by.order_no.clone())
    }
}

impl Serial {
    /// The piece a scan names, if it names one.
    pub fn of(scan: &ScanEvidence) -> Option<Self> {
        // Only an element string has one; most scans are spared the reading.
        match Scan::new(scan.raw.as_str()).mean() {
            Meaning::Item { gtin, elements } => Some(Self {
                gtin: gtin.as_str().to_owned(),
                number: elements.serial()?.to_owned(),
            }),
            _ => None,
        }
    }

    /// The piece that a fact counted or packed.
    pub fn in_fact(fact: &Fact) -> Option<(Self, Put)> {
        match fact {
            Fact::Counted(counted) => Some((
                Self::of(&counted.scan)?,
                Put::Counted(counted.notice.clone()),
            )),
            Fact::Picked(picked) => {
                Some((Self::of(&picked.scan)?, Put::Packed(picked.order.clone())))
            }
            Fact::NoticeClosed(_)
            | Fact::PutAway(_)
            | Fact::ReleaseStarted(_)
            | Fact::Released(_)
            | Fact::ReleaseParked(_)
            | Fact::LeaseDropped(_)
            | Fact::LabelPrinted(_)
            | Fact::Loaded(_)
            | Fact::Undone(_)
            | Fact::CaseRaised(_)
            | Fact::Signed(_)
            | Fact::ParcelFound(_)
            | Fact::Reported(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(raw: &str) -> ScanEvidence {
        ScanEvidence {
            raw: raw.into(),
            symbology: None,
            from: "serial:S1".into(),
        }
    }

    #[test]
    fn a_piece_is_its_item_and_its_number_in_whatever_symbol_they_came() {
        let piece = Some(Serial {
            gtin: "06901234567892".into(),
            number: "S7".into(),
        });
        for raw in [
            "]C1010690123456789221S7",
            "]d2010690123456789210LOT\u{1d}21S7",
            "(01)06901234567892(21)S7",
            "https://id.gs1.org/01/06901234567892/21/S7",
        ] {
            assert_eq!(Serial::of(&scan(raw)), piece, "{raw}");
        }
        for raw in [
            "]E06901234567892",
            "]C0S7",
            "]C121S7",
            "010690123456789221S7",
        ] {
            assert_eq!(Serial::of(&scan(raw)), None, "{raw}");
        }
    }

    #[test]
    fn a_piece_is_packed_once_and_anew_only_for_the_same_order_under_another_grant() {
        let order = |no: &str| OrderKey {
            platform: "P".into(),
            order_no: no.into(),
        };
        let seen = Seen {
            notice: Some(NoticeNo::new("N-1")),
            order: Some(order("B1")),
            grant: Some(GrantId::new("G1")),
        };
        assert_eq!(seen.counted().as_deref(), Some("B1"));
        assert_eq!(
            seen.packed(&order("B2"), &GrantId::new("G2")).as_deref(),
            Some("B1")
        );
        assert_eq!(
            seen.packed(&order("B1"), &GrantId::new("G1")).as_deref(),
            Some("B1")
        );
        assert_eq!(seen.packed(&order("B1"), &GrantId::new("G2")), None);
        let in_stock = Seen {
            order: None,
            ..seen
        };
        assert_eq!(in_stock.counted().as_deref(), Some("N-1"));
        assert_eq!(in_stock.packed(&order("B1"), &GrantId::new("G1")), None);
        assert_eq!(Seen::default().counted(), None);
    }
}
