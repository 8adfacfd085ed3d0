//! Documents of the wider bonded family: business declaration (SAS101), stock note (SAS111), ledger
//! filing (BWS101) and reconciliation (EMS121).
//!
//! No genuine sample of these was found: their elements follow a single implementation, and the
//! codecs mark them *layout unverified*. They are read in any order, and what is unknown is kept.

use super::{Extra, LedgerItem, Party};
use crate::quantity::{Money, Quantity, Weight};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A business declaration form (业务申报表, SAS101): leave to move goods in and out for a time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StockDeclaration {
    /// Number of the form (`SasDclNo`).
    pub form_no: String,
    /// The firm's own number (`EtpsPreentNo`).
    pub own_no: String,
    /// Customs office (`MasterCuscd`).
    pub customs_code: String,
    /// 1 file, 2 change, 3 close (`DclTypecd`).
    pub declaration_type: String,
    /// Kind of business (`BusinessTypecd`).
    pub business_type: String,
    /// `I` in, `E` out (`DirectionTypecd`).
    pub direction: String,
    /// Ledger inside the zone (`AreainOriactNo`).
    pub area_ledger_no: String,
    /// Ledger outside (`AreaoutOriactNo`).
    pub outside_ledger_no: String,
    /// Firm inside the zone (`AreainEtps…`).
    pub area: Party,
    /// Firm outside (`AreaoutEtps…`).
    pub outside: Party,
    /// Deposit (`DpstLevyBlNo`).
    pub deposit_no: String,
    /// Valid until (`ValidTime`).
    pub valid_until: Option<NaiveDate>,
    /// Place of exhibition (`ExhibitionPlace`).
    pub exhibition_place: String,
    /// Note (`Rmk`).
    pub note: String,
    /// The goods.
    pub lines: Vec<StockDeclarationLine>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// Goods of a business declaration form.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StockDeclarationLine {
    /// Line number (`SasDclSeqno`).
    pub line_no: u32,
    /// Item number in the ledger (`OriactGdsSeqno`).
    pub ledger_item_no: String,
    /// HS code (`Gdecd`).
    pub hs_code: String,
    /// Name (`GdsNm`).
    pub name: String,
    /// Declared quantity (`DclQty`).
    pub qty: Option<Quantity>,
    /// Declared unit (`DclUnitcd`).
    pub unit: String,
    /// Price of one (`DclUprcAmt`).
    pub price: Option<Money>,
    /// Licence (`LicenceNo`).
    pub licence_no: String,
    /// Quantity really gone out (`ActlAreaoutQty`).
    pub actual_out: Option<Quantity>,
    /// Quantity really come in (`ActlAreainQty`).
    pub actual_in: Option<Quantity>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// A stock note (出入库单, SAS111): one movement under a business declaration form.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StockNote {
    /// Customs' number `X…` (`SasStockNo`).
    pub note_no: String,
    /// The firm's own number (`EtpsPreentNo`).
    pub own_no: String,
    /// The form it moves under (`SasDclNo`).
    pub form_no: String,
    /// `I` in, `E` out (`StockTypecd`).
    pub direction: String,
    /// Customs office (`MasterCuscd`).
    pub customs_code: String,
    /// Bonded note (`RltBondInvtNo`).
    pub bonded_note_no: String,
    /// Kind of business (`BusinessTypecd`).
    pub business_type: String,
    /// 1 declared together later (`CentralizedDclTypecd`).
    pub centralised: String,
    /// Stock note it answers (`RltSasStockNo`).
    pub related_note_no: String,
    /// Pieces (`PackageQty`).
    pub pieces: String,
    /// Gross weight (`GrossWt`).
    pub gross_weight: Option<Weight>,
    /// Net weight (`NetWt`).
    pub net_weight: Option<Weight>,
    /// Kind of packing (`PackType`).
    pub pack_type: String,
    /// 1 no, 2 some, 3 all gate passes made (`PassportUsedTypecd`).
    pub pass_use: String,
    /// State (`Stucd`).
    pub state: String,
    /// Note (`Rmk`).
    pub note: String,
    /// The goods.
    pub lines: Vec<StockNoteLine>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// Goods of a stock note.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StockNoteLine {
    /// Line number (`SasStockSeqno`).
    pub line_no: u32,
    /// Line of the form (`SasDclSeqno`).
    pub form_line_no: String,
    /// Item number in the ledger (`OriactGdsSeqno`).
    pub ledger_item_no: String,
    /// The merchant's item (`GdsMtno`).
    pub item_no: String,
    /// HS code (`Gdecd`).
    pub hs_code: String,
    /// Name (`GdsNm`).
    pub name: String,
    /// Declared unit (`DclUnitcd`).
    pub unit: String,
    /// Declared quantity (`DclQty`).
    pub qty: Option<Quantity>,
    /// Quantity that passed the gate (`ActlPassQty`).
    pub passed_qty: Option<Quantity>,
    /// Quantity on gate passes (`PassportUsedQty`).
    pub on_passes_qty: Option<Quantity>,
    /// Line of the related document (`RltGdsSeqno`).
    pub related_line_no: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// The filing of a logistics ledger (物流账册, BWS101).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerFiling {
    /// The ledger (`BwsNo`).
    pub ledger_no: String,
    /// The firm's own number (`EtpsPreentNo`).
    pub own_no: String,
    /// Class of the site (`BwlTypecd`).
    pub site_class: String,
    /// Customs office (`MasterCuscd`).
    pub customs_code: String,
    /// Firm that runs the ledger (`BizopEtps…`).
    pub operator: Party,
    /// Firm that declares (`DclEtps…`).
    pub declarant: Party,
    /// Warehouse, number (`HouseNo`).
    pub house_no: String,
    /// Warehouse, name (`HouseNm`).
    pub house_name: String,
    /// Warehouse, area (`HouseArea`).
    pub house_area: String,
    /// Warehouse, volume (`HouseVolume`).
    pub house_volume: String,
    /// Warehouse, address (`HouseAddress`).
    pub house_address: String,
    /// How lines are booked: cumulative or not (`AppendTypecd`).
    pub booking_mode: String,
    /// Use (`UsageTypecd`).
    pub usage_type: String,
    /// Ends on (`FinishValidDate`).
    pub valid_until: Option<NaiveDate>,
    /// Suspended (`PauseChgMarkcd`).
    pub suspended_mark: String,
    /// Note (`Rmk`).
    pub note: String,
    /// The ledger's lines.
    pub items: Vec<LedgerFilingItem>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// One line of a filed ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerFilingItem {
    /// The same set as the booking receipt's.
    #[serde(flatten)]
    pub item: LedgerItem,
}

/// A reconciliation (报核, EMS121): the shape of a stock-take report to customs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reconciliation {
    /// The ledger (`EmsNo`).
    pub ledger_no: String,
    /// The firm's own number (`EtpsPreentNo`).
    pub own_no: String,
    /// Which reconciliation of the ledger (`DclTmsCnt`).
    pub round: String,
    /// 1 file, 2 change (`DclTypecd`).
    pub declaration_type: String,
    /// From (`BeginDate`).
    pub from: Option<NaiveDate>,
    /// To (`EndDate`).
    pub to: Option<NaiveDate>,
    /// Note (`Rmk`).
    pub note: String,
    /// Item by item.
    pub lines: Vec<ReconciliationLine>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// One ledger item of a reconciliation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReconciliationLine {
    /// Item number in the ledger (`GdsSeqno`).
    pub ledger_item_no: String,
    /// The merchant's item (`GdsMtno`).
    pub item_no: String,
    /// HS code (`Gdecd`).
    pub hs_code: String,
    /// Name (`GdsNm`).
    pub name: String,
    /// Declared unit (`DclUnitcd`).
    pub unit: String,
    /// Opening balance (`BeginQty`).
    pub opening_qty: Option<Quantity>,
    /// Came in (`IncQty`).
    pub in_qty: Option<Quantity>,
    /// Went out (`RedcQty`).
    pub out_qty: Option<Quantity>,
    /// Should remain (`ShouldRemainQty`).
    pub expected_qty: Option<Quantity>,
    /// Does remain (`ActlRemainQty`).
    pub actual_qty: Option<Quantity>,
    /// Difference in quantity (`DiffQty`).
    pub difference_qty: Option<Quantity>,
    /// Difference in money (`DiffAmt`).
    pub difference_amount: Option<Money>,
    /// Difference in per cent (`DiffRate`).
    pub difference_rate: String,
    /// Lost (`LossQty`).
    pub lost_qty: Option<Quantity>,
    /// Destroyed (`DestroyQty`).
    pub destroyed_qty: Option<Quantity>,
    /// Note (`Rmk`).
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}
