//! The gate pass (核放单, SAS121): one vehicle and the bonded notes it carries; and customs' answers
//! (SAS221 approved, 223 passed the gate, 224 inspection, 251 and 253 two-step).

use super::{Approval, Extra, MessageKind, Params, Party};
use crate::personal::Personal;
use crate::quantity::{Quantity, Weight};
use crate::time::Instant;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A gate pass as the firm in the zone declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GatePass {
    /// The port's number, returned (`SeqNo`).
    pub seq_no: String,
    /// Customs' number, returned (`PassportNo`).
    pub pass_no: String,
    /// 1 enter first … 3 second line … 6 empty vehicle (`PassportTypecd`).
    pub pass_type: String,
    /// Customs office (`MasterCuscd`).
    pub customs_code: String,
    /// 1 file, 3 delete (`DclTypecd`).
    pub declaration_type: String,
    /// `I` in, `E` out (`IoTypecd`).
    pub direction: String,
    /// 1 one vehicle many bills, 2 one to one, 3 one bill many vehicles (`BindTypecd`).
    pub binding: String,
    /// 1 bonded note, 2 stock note, 3 bill of lading (`RltTbTypecd`).
    pub related_type: String,
    /// The document carried; several joined with `\` in receipts (`RltNo`).
    pub related_no: String,
    /// The ledger of the area (`AreainOriactNo`).
    pub area_ledger_no: String,
    /// Firm in the zone (`AreainEtps…`).
    pub area: Party,
    /// Plate of the vehicle (`VehicleNo`).
    pub vehicle_no: String,
    /// Its card (`VehicleIcNo`).
    pub vehicle_card_no: String,
    /// Its own weight (`VehicleWt`).
    pub vehicle_weight: Option<Weight>,
    /// Its frame (`VehicleFrameNo`).
    pub frame_no: String,
    /// Weight of the frame (`VehicleFrameWt`).
    pub frame_weight: Option<Weight>,
    /// Container (`ContainerNo`).
    pub container_no: String,
    /// Weight of the container (`ContainerWt`).
    pub container_weight: Option<Weight>,
    /// Kind of container (`ContainerType`).
    pub container_type: String,
    /// Vehicle, frame, container and goods (`TotalWt`).
    pub total_weight: Option<Weight>,
    /// Goods, gross (`TotalGrossWt`).
    pub total_gross_weight: Option<Weight>,
    /// Goods, net (`TotalNetWt`).
    pub total_net_weight: Option<Weight>,
    /// Who applies, with telephone (`DclErConc`).
    #[serde(with = "crate::personal::clear")]
    pub applicant: Personal,
    /// When it was declared (`DclTime`).
    pub declared_on: Option<NaiveDate>,
    /// Firm that declares (`DclEtps…`).
    pub declarant: Party,
    /// Firm that entered the data (`Input…`).
    pub inputter: Party,
    /// The firm's own number (`EtpsPreentNo`).
    pub own_no: String,
    /// Note (`Rmk`).
    pub note: String,
    /// The goods, for one bill on many vehicles.
    pub lines: Vec<GatePassLine>,
    /// The documents carried, one each (`PassportAcmp`).
    pub bills: Vec<GatePassBill>,
    /// Registration code of the operator's card (`OperCusRegCode`).
    pub operator_registration: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

impl GatePass {
    /// What the weighbridge should read: vehicle, frame, container and goods; nothing where that does
    /// not fit.
    pub fn whole_weight(&self) -> Option<Weight> {
        let parts = [
            self.vehicle_weight,
            self.frame_weight,
            self.container_weight,
            self.total_gross_weight,
        ];
        Weight::sum(parts.into_iter().flatten())
    }
}

/// Goods on a gate pass (`PassportList`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GatePassLine {
    /// Line number (`PassportSeqNo`).
    pub line_no: u32,
    /// Line of the document carried (`RltGdsSeqno`).
    pub related_line_no: String,
    /// The merchant's item (`GdsMtno`).
    pub item_no: String,
    /// HS code (`Gdecd`).
    pub hs_code: String,
    /// Name (`GdsNm`).
    pub name: String,
    /// Declared unit (`DclUnitcd`).
    pub unit: String,
    /// Declared quantity (`DclQty`).
    pub qty: Quantity,
    /// Gross weight (`GrossWt`).
    pub gross_weight: Option<Weight>,
    /// Net weight (`NetWt`).
    pub net_weight: Option<Weight>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// A document carried on a gate pass (`PassportAcmp`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GatePassBill {
    /// 1 bonded note, 2 stock note, 3 bill of lading (`RtlBillTypecd`).
    pub kind: String,
    /// Its number (`RtlBillNo`).
    pub no: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// Customs' answer about a gate pass.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GatePassReceipt {
    /// SAS221, 223, 224, 251 or 253.
    pub message: MessageKind,
    /// The decision.
    pub approval: Approval,
    /// What the check said (`CheckInfo/note`).
    pub check_note: String,
    /// The pass as customs holds it now, when sent along.
    pub state: Option<GatePassState>,
    /// The customs entries a two-step pass carries (`Sas2stepPassportRlt`).
    pub entries: Vec<EntryOnPass>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// A customs entry carried on a two-step gate pass.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryOnPass {
    /// The pass (`passportNo`).
    pub pass_no: String,
    /// The entry (`entryId`).
    pub entry_no: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// What an answer about a gate pass comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassWord {
    /// Nothing may pass under it: returned, deleted or void.
    Refused,
    /// The vehicle may pass.
    Approved,
    /// Customs examines the vehicle.
    Examined,
    /// It passed the last gate.
    Passed,
    /// On its way, or at the first of two gates.
    Nothing,
}

impl GatePassReceipt {
    /// Number of the pass, as best told: the state's, else the decision's.
    ///
    /// Real receipts disagree between the two; the state's own number is the pass that was handled.
    pub fn pass_no(&self) -> &str {
        match &self.state {
            Some(state) if !state.pass_no.is_empty() => &state.pass_no,
            _ => &self.approval.business_id,
        }
    }

    /// What customs said of the pass.
    ///
    /// The decision's own codes (`manageResult`) are those of every SAS answer: A draft, B declared,
    /// 1 passed, 2 to a human, 3 returned, Y stored, Z not to be stored. Only 1 is a yes. The state a pass
    /// is in (`stucd`) goes before it where it is an end: 5 deleted, 6 void. What SAS224 decides is the
    /// examination: genuine ones carry 3 for passes that stand.
    pub fn word(&self) -> PassWord {
        let state = self.state.as_ref().map_or("", |state| state.state.trim());
        let result = self.approval.result.trim();
        match (self.message, state, result) {
            (_, "5" | "6", _) => PassWord::Refused,
            (MessageKind::Sas224, _, _) => PassWord::Examined,
            (_, _, "3" | "Z") => PassWord::Refused,
            // At a zone with two gates the first one (3) is not yet the way out.
            (MessageKind::Sas223 | MessageKind::Sas253, "" | "2" | "4", "1") => PassWord::Passed,
            (MessageKind::Sas221 | MessageKind::Sas251, _, "1") => PassWord::Approved,
            _ => PassWord::Nothing,
        }
    }

    /// Numbers of the documents carried, one by one.
    pub fn related_numbers(&self) -> impl Iterator<Item = &str> {
        self.state
            .iter()
            .flat_map(|state| state.related_no.split('\\'))
            .map(str::trim)
            .filter(|no| !no.is_empty())
    }
}

/// A gate pass as customs holds it (`SasPassportBsc`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GatePassState {
    /// Customs' number (`passportNo`).
    pub pass_no: String,
    /// How often it was changed (`chgTmsCnt`).
    pub change_count: String,
    /// Type of pass (`passportTypecd`).
    pub pass_type: String,
    /// The port's number (`sasPassportPreentNo`).
    pub seq_no: String,
    /// 1 file, 3 delete (`dclTypecd`).
    pub declaration_type: String,
    /// `I` in, `E` out (`ioTypecd`).
    pub direction: String,
    /// Binding (`bindTypecd`).
    pub binding: String,
    /// Customs office (`masterCuscd`).
    pub customs_code: String,
    /// Kind of document carried (`rltTbTypecd`).
    pub related_type: String,
    /// The documents carried, joined with `\` (`rltNo`).
    pub related_no: String,
    /// Firm in the zone (`areainEtps…`).
    pub area: Party,
    /// Plate of the vehicle (`vehicleNo`).
    pub vehicle_no: String,
    /// Its card (`vehicleIcNo`).
    pub vehicle_card_no: String,
    /// Container (`containerNo`).
    pub container_no: String,
    /// Weight of the vehicle (`vehicleWt`).
    pub vehicle_weight: Option<Weight>,
    /// Frame (`vehicleFrameNo`).
    pub frame_no: String,
    /// Weight of the frame (`vehicleFrameWt`).
    pub frame_weight: Option<Weight>,
    /// Kind of container (`containerType`).
    pub container_type: String,
    /// Weight of the container (`containerWt`).
    pub container_weight: Option<Weight>,
    /// All together, as declared (`totalWt`).
    pub total_weight: Option<Weight>,
    /// What the weighbridge saw; 0 or empty is not weighed (`passCollectWt`).
    pub weighed: Option<Weight>,
    /// Declared less weighed (`wtError`).
    pub weight_error: Option<Weight>,
    /// Goods, gross (`totalGrossWt`).
    pub total_gross_weight: Option<Weight>,
    /// Goods, net (`totalNetWt`).
    pub total_net_weight: Option<Weight>,
    /// Who applied (`dclErConc`).
    #[serde(with = "crate::personal::clear")]
    pub applicant: Personal,
    /// When it was declared (`dclTime`).
    pub declared_at: Option<Instant>,
    /// First gate (`passID`).
    pub gate_id: String,
    /// Second gate (`secdPassId`).
    pub second_gate_id: String,
    /// When it passed the first gate (`passTime`).
    pub passed_at: Option<Instant>,
    /// When it passed the second gate (`secdPassTime`).
    pub second_passed_at: Option<Instant>,
    /// 0 applied, 1 approved, 2 passed, 3 first gate, 4 second gate, 5 deleted, 6 void (`stucd`).
    pub state: String,
    /// 1 approved, 2, 3 (`emapvMarkcd`).
    pub approval_mark: String,
    /// 0 not arrived, 1 awaits examination (`logisticsStucd`).
    pub logistics_state: String,
    /// Which system (`ownerSystem`).
    pub owner_system: String,
    /// Note (`rmk`).
    pub note: String,
    /// Spare parameters (`col1` … `col4`).
    pub params: Params,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// What a weighbridge read beside what the pass declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weighbridge {
    /// As declared (`totalWt`).
    pub declared: Weight,
    /// As weighed (`passCollectWt`).
    pub weighed: Weight,
    /// Declared less weighed (`wtError`): below nothing where the vehicle was heavier.
    pub error: Weight,
}

impl GatePassState {
    /// What the weighbridge read; nothing where the vehicle was not weighed, which customs writes as 0
    /// or leaves empty.
    ///
    /// The difference is customs' own where it gave one, for it is that one it decides by.
    pub fn weighbridge(&self) -> Option<Weighbridge> {
        let weighed = self.weighed.filter(|weight| weight.is_positive())?;
        let declared = self.total_weight?;
        let error = match self.weight_error {
            Some(error) => error,
            None => declared.minus(weighed)?,
        };
        Some(Weighbridge {
            declared,
            weighed,
            error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_an_answer_about_a_pass_comes_to_one_word() {
        use MessageKind::{Sas221, Sas223, Sas224, Sas251, Sas253};
        use PassWord::{Approved, Examined, Nothing, Passed, Refused};
        let word = |message, result: &str, state: &str| {
            GatePassReceipt {
                message,
                approval: Approval {
                    result: result.into(),
                    ..Approval::default()
                },
                state: (!state.is_empty()).then(|| GatePassState {
                    state: state.into(),
                    ..GatePassState::default()
                }),
                ..GatePassReceipt::default()
            }
            .word()
        };
        for (result, approval, passage) in [
            ("A", Nothing, Nothing),
            ("B", Nothing, Nothing),
            ("1", Approved, Passed),
            ("2", Nothing, Nothing),
            ("3", Refused, Refused),
            ("Y", Nothing, Nothing),
            ("Z", Refused, Refused),
            ("7", Nothing, Nothing),
        ] {
            for (message, expected) in [
                (Sas221, approval),
                (Sas251, approval),
                (Sas223, passage),
                (Sas253, passage),
                (Sas224, Examined),
            ] {
                assert_eq!(word(message, result, ""), expected, "{message} {result}");
            }
        }
        for (state, approval, passage) in [
            ("0", Approved, Nothing),
            ("1", Approved, Nothing),
            ("2", Approved, Passed),
            ("3", Approved, Nothing),
            ("4", Approved, Passed),
            ("5", Refused, Refused),
            ("6", Refused, Refused),
        ] {
            assert_eq!(word(Sas221, "1", state), approval, "stucd {state}");
            assert_eq!(word(Sas223, "1", state), passage, "stucd {state}");
            let examined = if approval == Refused {
                Refused
            } else {
                Examined
            };
            assert_eq!(word(Sas224, "3", state), examined, "stucd {state}");
        }
    }

    fn kg(text: &str) -> Option<Weight> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_pass_weighs_vehicle_frame_container_and_goods() {
        let pass = GatePass {
            vehicle_weight: kg("13000"),
            frame_weight: kg("1000"),
            total_gross_weight: kg("1130.98"),
            ..GatePass::default()
        };
        assert_eq!(pass.whole_weight(), kg("15130.98"));
    }

    #[test]
    fn nothing_on_the_weighbridge_is_not_weighed_and_what_is_lighter_than_declared_is_a_plus() {
        let seen = |weighed, error| {
            GatePassState {
                total_weight: kg("3240.013"),
                weighed,
                weight_error: error,
                ..GatePassState::default()
            }
            .weighbridge()
        };
        assert_eq!(seen(None, None), None);
        assert_eq!(seen(kg("0"), kg("3240.013")), None);
        assert_eq!(seen(kg("3553"), None).map(|w| w.error), kg("-312.987"));
        assert_eq!(seen(kg("3240"), None).map(|w| w.error), kg("0.013"));
        assert_eq!(
            seen(kg("3553"), kg("-300")).map(|w| w.error),
            kg("-300"),
            "customs decides by its own figure"
        );
    }
}
