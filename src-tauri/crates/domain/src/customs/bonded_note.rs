//! The bonded note (核注清单, INV101) and what customs answers: INV201, 202, 211 and the technical first answer.
//!
//! A note moves the customs ledger: inbound it announces goods, outbound (type 8) it bundles the
//! released parcels of a vehicle. Real messages carry more elements than any table names.

use super::{Extra, Party};
use crate::quantity::{Money, Quantity, Weight};
use crate::time::Instant;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A bonded note as the firm in the zone declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BondedNote {
    /// Number of the port, returned (`SeqNo`).
    pub seq_no: String,
    /// Customs' number `QD…`, returned (`BondInvtNo`).
    pub note_no: String,
    /// How often it was changed (`ChgTmsCnt`).
    pub change_count: String,
    /// The ledger (账册, `PutrecNo`).
    pub ledger_no: String,
    /// The firm's own unique number (`EtpsInnerInvtNo`).
    pub own_no: String,
    /// Firm that runs the ledger (经营企业, `BizopEtps…`).
    pub operator: Party,
    /// Firm that works or receives (收发货企业, `RcvgdEtps…`).
    pub receiver: Party,
    /// Firm that declares (申报企业, `DclEtps…`).
    pub declarant: Party,
    /// Firm that entered the data (录入单位, `Input…`).
    pub inputter: Party,
    /// Firm that declares the customs entry (`CorrEntryDclEtps…`).
    pub entry_declarant: Party,
    /// The other side's note of a transfer (`RltInvtNo`).
    pub related_note_no: String,
    /// The other side's ledger (`RltPutrecNo`).
    pub related_ledger_no: String,
    /// Firm that runs the related entry (`RltEntryBizopEtps…`).
    pub related_entry_operator: Party,
    /// Firm that declares the related entry (`RltEntryDclEtps…`).
    pub related_entry_declarant: Party,
    /// Firm that receives by the related entry (`RltEntryRcvgdEtps…`).
    pub related_entry_receiver: Party,
    /// 1 file, 2 change, 3 delete (`DclTypecd`).
    pub declaration_type: String,
    /// 0 ordinary, 1 consolidated … 8 bonded e-commerce, 9 domestic sale (`InvtType`).
    pub note_type: String,
    /// `I` in, `E` out (`ImpexpMarkcd`).
    pub direction: String,
    /// `I` material, `E` finished goods (`MtpckEndprdMarkcd`).
    pub goods_kind: String,
    /// Supervision mode (监管方式, `SupvModecd`).
    pub supervision_mode: String,
    /// Mode of transport (`TrspModecd`).
    pub transport_mode: String,
    /// Customs office of the border (`ImpexpPortcd`).
    pub port_code: String,
    /// Customs office of declaration (`DclPlcCuscd`).
    pub customs_code: String,
    /// Country of departure or arrival (`StshipTrsarvNatcd`).
    pub country: String,
    /// 1 with customs entry, 2 without (`DclcusFlag`).
    pub entry_flag: String,
    /// 1 make the entry at once (`GenDecFlag`).
    pub generate_entry: String,
    /// Kind of entry (`DecType`).
    pub entry_type: String,
    /// 1 related, 2 corresponding entry (`DclcusTypecd`).
    pub entry_relation: String,
    /// State of the debit (`VrfdedMarkcd`).
    pub debit_mark: String,
    /// State of the note (`ListStat`).
    pub list_state: String,
    /// Date of entering (`InputTime`).
    pub input_date: Option<NaiveDate>,
    /// Date of declaration (`InvtDclTime`).
    pub declared_on: Option<NaiveDate>,
    /// When it was added (`AddTime`).
    pub added_at: Option<Instant>,
    /// Note (`Rmk`).
    pub note: String,
    /// The goods.
    pub lines: Vec<BondedNoteLine>,
    /// The released parcels of an outbound note of type 8.
    pub parcels: Vec<ReleasedParcel>,
    /// Registration code of the operator's card (`OperCusRegCode`).
    pub operator_registration: String,
    /// Which system sent it (`SysId`).
    pub system_id: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// One line of a bonded note.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BondedNoteLine {
    /// Item number in the ledger (备案序号, `PutrecSeqno`); empty for a new line.
    pub ledger_item_no: String,
    /// Line number (`GdsSeqno`).
    pub line_no: u32,
    /// The merchant's item (料号, `GdsMtno`).
    pub item_no: String,
    /// HS code, 10 digits (`Gdecd`).
    pub hs_code: String,
    /// Name (`GdsNm`).
    pub name: String,
    /// Model and specification (`GdsSpcfModelDesc`).
    pub model: String,
    /// Declared unit (`DclUnitcd`).
    pub unit: String,
    /// First legal unit (`LawfUnitcd`).
    pub legal_unit: String,
    /// Second legal unit (`SecdLawfUnitcd`).
    pub second_legal_unit: String,
    /// Country of origin (`Natcd`).
    pub origin: String,
    /// Price of one (`DclUprcAmt`).
    pub price: Option<Money>,
    /// Price of all (`DclTotalAmt`).
    pub total: Option<Money>,
    /// Currency (`DclCurrcd`).
    pub currency: String,
    /// First legal quantity (`LawfQty`).
    pub legal_qty: Option<Quantity>,
    /// Second legal quantity (`SecdLawfQty`).
    pub second_legal_qty: Option<Quantity>,
    /// Declared quantity (`DclQty`).
    pub qty: Quantity,
    /// Gross weight (`GrossWt`).
    pub gross_weight: Option<Weight>,
    /// Net weight (`NetWt`).
    pub net_weight: Option<Weight>,
    /// Use (`UseCd`).
    pub use_code: String,
    /// How tax is levied: 1 as the tariff says, 3 wholly exempt (`LvyrlfModecd`).
    pub levy_mode: String,
    /// Line of the customs entry (`EntryGdsSeqno`).
    pub entry_line_no: String,
    /// Country of destination (`DestinationNatcd`).
    pub destination: String,
    /// 0 unchanged … 3 added (`ModfMarkcd`).
    pub change_mark: String,
    /// 1 dangerous goods (`ClyMarkcd`).
    pub dangerous_mark: String,
    /// Note (`Rmk`).
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// A released parcel bundled into an outbound note (`InvtCbecBill`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReleasedParcel {
    /// The declaration list's number, `invtNo` of CEB621 (`CbecBillNo`).
    pub invt_no: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// How customs decided on a bonded document (`HdeApprResult`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Approval {
    /// The firm's or port's number (`etpsPreentNo`).
    pub own_no: String,
    /// Customs' number of the document (`businessId`).
    pub business_id: String,
    /// How often it was changed (`tmsCnt`).
    pub change_count: String,
    /// Kind (`typecd`).
    pub type_code: String,
    /// Notes: 1 approved, 2 manual, 3 returned, 4 pre-debited, 5 approved not debited, Y stored, Z not
    /// stored. Passes: 1 passed, 3 returned (`manageResult`).
    pub result: String,
    /// When (`manageDate`).
    pub at: Option<Instant>,
    /// Note (`rmk`).
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// Customs' decision on a bonded note (INV201).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BondedNoteReceipt {
    /// The decision.
    pub approval: Approval,
    /// What the check said (`CheckInfo/note`).
    pub check_note: String,
    /// The note as customs holds it now, when sent along.
    pub state: Option<BondedNoteState>,
    /// Its lines.
    pub lines: Vec<BondedNoteStateLine>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// A bonded note as customs holds it (`BondInvtBsc`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BondedNoteState {
    /// Customs' number `QD…` (`bondInvtNo`).
    pub note_no: String,
    /// How often it was changed (`chgTmsCnt`).
    pub change_count: String,
    /// The port's number (`invtPreentNo`).
    pub seq_no: String,
    /// The ledger (`putrecNo`).
    pub ledger_no: String,
    /// The firm's own number (`etpsInnerInvtNo`).
    pub own_no: String,
    /// Firm that runs the ledger.
    pub operator: Party,
    /// Firm that works or receives.
    pub receiver: Party,
    /// Firm that declares.
    pub declarant: Party,
    /// When it was declared (`invtDclTime`).
    pub declared_at: Option<Instant>,
    /// When its entry was declared (`entryDclTime`).
    pub entry_declared_at: Option<Instant>,
    /// Its customs entry (`entryNo`).
    pub entry_no: String,
    /// The other side's note (`rltInvtNo`).
    pub related_note_no: String,
    /// The other side's ledger (`rltPutrecNo`).
    pub related_ledger_no: String,
    /// The related entry (`rltEntryNo`).
    pub related_entry_no: String,
    /// Firm of the related entry.
    pub related_entry_operator: Party,
    /// Customs office of the border (`impexpPortcd`).
    pub port_code: String,
    /// Customs office of declaration (`dclPlcCuscd`).
    pub customs_code: String,
    /// `I` in, `E` out (`impexpMarkcd`).
    pub direction: String,
    /// `I` material, `E` finished goods (`mtpckEndprdMarkcd`).
    pub goods_kind: String,
    /// Supervision mode (`supvModecd`).
    pub supervision_mode: String,
    /// Mode of transport (`trspModecd`).
    pub transport_mode: String,
    /// Country of departure or arrival (`stshipTrsarvNatcd`).
    pub country: String,
    /// Application (`applyNo`).
    pub apply_no: String,
    /// 1 with customs entry, 2 without (`dclcusFlag`).
    pub entry_flag: String,
    /// 1 related, 2 corresponding entry (`dclcusTypecd`).
    pub entry_relation: String,
    /// When the ledger was pre-debited (`prevdTime`).
    pub pre_debited_at: Option<Instant>,
    /// When it was formally debited (`formalVrfdedTime`).
    pub debited_at: Option<Instant>,
    /// How far the goods passed the gate (`invtIochkptStucd`).
    pub gate_state: String,
    /// 0 not, 1 pre-, 2 debited, 3 written off (`vrfdedMarkcd`).
    pub debit_mark: String,
    /// 0 approved, 1 declared, 2 returned, 3 deleted (`invtStucd`).
    pub note_state: String,
    /// D up, F down, N none, NF check only, E warehouse deduction (`vrfdedModecd`).
    pub debit_mode: String,
    /// `duCode`.
    pub du_code: String,
    /// Note (`rmk`).
    pub note: String,
    /// Type of note (`bondInvtTypecd`).
    pub note_type: String,
    /// 1 entry released (`entryStucd`).
    pub entry_state: String,
    /// 1 no, 2 some, 3 all gate passes made (`passportUsedTypecd`).
    pub pass_use: String,
    /// Spare parameters (`param1` … `param4`).
    pub params: Params,
    /// The entry must be changed (`needEntryModified`).
    pub need_entry_modified: String,
    /// Deposit (`levyBlAmt`).
    pub levy_amount: Option<Money>,
    /// 1 file, 2 change, 3 delete (`dclTypecd`).
    pub declaration_type: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// Spare parameters customs sends along, empty in every real message seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Params {
    /// `param1`.
    pub first: String,
    /// `param2`.
    pub second: String,
    /// `param3`.
    pub third: String,
    /// `param4`.
    pub fourth: String,
}

/// One line of a bonded note as customs holds it (`BondInvtDt`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BondedNoteStateLine {
    /// The goods. Names differ only in their first letter from the request's.
    #[serde(flatten)]
    pub goods: BondedNoteLine,
    /// The note (`bondInvtNo`).
    pub note_no: String,
    /// How often it was changed (`chgTmsCnt`).
    pub change_count: String,
    /// Price of all in US dollars, for statistics (`usdStatTotalAmt`).
    pub usd_total: Option<Money>,
    /// Factor of weight (`wtSfVal`).
    pub weight_factor: String,
    /// Factor of the first legal unit (`fstSfVal`).
    pub first_factor: String,
    /// Factor of the second legal unit (`secdSfVal`).
    pub second_factor: String,
    /// Version of unit consumption (`ucnsVerno`).
    pub consumption_version: String,
    /// Line of the application (`applyTbSeqno`).
    pub apply_line_no: String,
    /// Quantity that passed the gate (`actlPassQty`).
    pub passed_qty: Option<Quantity>,
    /// Quantity on gate passes (`passportUsedQty`).
    pub on_passes_qty: Option<Quantity>,
    /// Spare parameters.
    pub params: Params,
}

/// A customs entry was generated from a note (INV202).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryCreated {
    /// The port's number of the note (`invPreentNo`).
    pub seq_no: String,
    /// Customs' number of the note (`businessId`).
    pub business_id: String,
    /// The entry (`entrySeqNo`).
    pub entry_no: String,
    /// 1 done, 2 failed; others are kept as sent (`manageResult`).
    pub result: String,
    /// When (`createDate`).
    pub at: Option<Instant>,
    /// Why not (`reason`).
    pub reason: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// The ledger was booked (INV211): how a warehouse learns the item number of a new line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerBooking {
    /// The note booked.
    pub state: BondedNoteState,
    /// The ledger lines after booking.
    pub items: Vec<LedgerItem>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// One line of the customs ledger (`BwsDt`). Balances may be empty: then they say nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerItem {
    /// The ledger (`bwsNo`).
    pub ledger_no: String,
    /// How often it was changed (`chgTmsCnt`).
    pub change_count: String,
    /// Item number in the ledger (`gdsSeqno`).
    pub ledger_item_no: String,
    /// When it came in (`inDate`).
    pub in_date: Option<Instant>,
    /// The merchant's item (`gdsMtno`).
    pub item_no: String,
    /// HS code (`gdecd`).
    pub hs_code: String,
    /// Name (`gdsNm`).
    pub name: String,
    /// Model and specification (`gdsSpcfModelDesc`).
    pub model: String,
    /// Country of origin (`natcd`).
    pub origin: String,
    /// Declared unit (`dclUnitcd`).
    pub unit: String,
    /// First legal unit (`lawfUnitcd`).
    pub legal_unit: String,
    /// Second legal unit (`secdLawfUnitcd`).
    pub second_legal_unit: String,
    /// Price of one (`dclUprcAmt`).
    pub price: Option<Money>,
    /// Currency (`dclCurrcd`).
    pub currency: String,
    /// Average price (`avgPrice`).
    pub average_price: Option<Money>,
    /// Price of all (`totalAmt`).
    pub total: Option<Money>,
    /// Quantity that came in (`inQty`).
    pub in_qty: Option<Quantity>,
    /// First legal quantity that came in (`inLawfQty`).
    pub in_legal_qty: Option<Quantity>,
    /// Second legal quantity that came in (`inSecdLawfQty`).
    pub in_second_legal_qty: Option<Quantity>,
    /// Real in (`actlIncQty`).
    pub actual_in: Option<Quantity>,
    /// Real out (`actlRedcQty`).
    pub actual_out: Option<Quantity>,
    /// Pre-in (`prevdIncQty`).
    pub pre_in: Option<Quantity>,
    /// Pre-out (`prevdRedcQty`).
    pub pre_out: Option<Quantity>,
    /// Last out (`outDate`).
    pub out_date: Option<Instant>,
    /// Stays until (`limitDate`).
    pub limit_date: Option<Instant>,
    /// 1 first line, 2 second line, 3 transfer (`inType`).
    pub in_type: String,
    /// The note that made the line (`invtNo`).
    pub note_no: String,
    /// Its line (`invtGNo`).
    pub note_line_no: String,
    /// 1 normal, else suspended (`cusmExeMarkcd`).
    pub execution_mark: String,
    /// Note (`rmk`).
    pub note: String,
    /// 0 unchanged … 3 added (`modfMarkcd`).
    pub change_mark: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// The first, technical answer to any bonded message (`CommonResponeMessage`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CommonResponse {
    /// The port's number (`SeqNo`); missing when refused.
    pub seq_no: String,
    /// The firm's own number (`EtpsPreentNo`).
    pub own_no: String,
    /// What the check said (`CheckInfo`).
    pub check_info: String,
    /// 0 taken, negative refused (`DealFlag`).
    pub deal_flag: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}
