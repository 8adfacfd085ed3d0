//! Documents of the wider bonded family: business declaration (SAS101), stock note (SAS111), ledger
//! filing (BWS101) and reconciliation (EMS121).
//!
//! No genuine message of these was seen: their elements follow one operator's system each, and the
//! codecs mark them *layout unverified*. They are read in any order, and what is unknown is kept.

use super::{Extra, LedgerItem, Params, Party};
use crate::personal::Personal;
use crate::quantity::{Money, Quantity, Weight};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A business declaration form (业务申报表, SAS101): leave to move goods in and out for a time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StockDeclaration {
    /// Number of the form (`sasDclNo`).
    pub form_no: String,
    /// The firm's own number (`etpsPreentNo`).
    pub own_no: String,
    /// Customs office (`masterCuscd`).
    pub customs_code: String,
    /// 1 file, 2 change, 3 close (`dclTypecd`).
    pub declaration_type: String,
    /// Kind of business (`businessTypecd`).
    pub business_type: String,
    /// `I` in, `E` out (`directionTypecd`).
    pub direction: String,
    /// Ledger inside the zone (`areainOriactNo`).
    pub area_ledger_no: String,
    /// Ledger outside (`areaoutOriactNo`).
    pub outside_ledger_no: String,
    /// Firm inside the zone (`areainEtps…`).
    pub area: Party,
    /// Firm outside (`areaoutEtps…`).
    pub outside: Party,
    /// Deposit (`dpstLevyBlNo`).
    pub deposit_no: String,
    /// Valid until (`validTime`).
    pub valid_until: Option<NaiveDate>,
    /// Place of exhibition (`exhibitionPlace`).
    pub exhibition_place: String,
    /// Note (`rmk`).
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
    /// Line number (`sasDclSeqno`).
    pub line_no: u32,
    /// Item number in the ledger (`oriactGdsSeqno`).
    pub ledger_item_no: String,
    /// HS code (`gdecd`).
    pub hs_code: String,
    /// Name (`gdsNm`).
    pub name: String,
    /// Declared quantity (`dclQty`).
    pub qty: Option<Quantity>,
    /// Declared unit (`dclUnitcd`).
    pub unit: String,
    /// Price of one (`dclUprcAmt`).
    pub price: Option<Money>,
    /// Licence (`licenceNo`).
    pub licence_no: String,
    /// Quantity really gone out (`actlAreaoutQty`).
    pub actual_out: Option<Quantity>,
    /// Quantity really come in (`actlAreainQty`).
    pub actual_in: Option<Quantity>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// A stock note (出入库单, SAS111): one movement under a business declaration form.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StockNote {
    /// Customs' number `X…` (`sasStockNo`).
    pub note_no: String,
    /// The firm's own number (`etpsPreentNo`).
    pub own_no: String,
    /// The form it moves under (`sasDclNo`).
    pub form_no: String,
    /// `I` in, `E` out (`stockTypecd`).
    pub direction: String,
    /// Customs office (`masterCuscd`).
    pub customs_code: String,
    /// Bonded note (`rltBondInvtNo`).
    pub bonded_note_no: String,
    /// Kind of business (`businessTypecd`).
    pub business_type: String,
    /// 1 declared together later (`centralizedDclTypecd`).
    pub centralised: String,
    /// Stock note it answers (`rltSasStockNo`).
    pub related_note_no: String,
    /// Pieces (`packageQty`).
    pub pieces: String,
    /// Gross weight (`grossWt`).
    pub gross_weight: Option<Weight>,
    /// Net weight (`netWt`).
    pub net_weight: Option<Weight>,
    /// Kind of packing (`packType`).
    pub pack_type: String,
    /// 1 no, 2 some, 3 all gate passes made (`passportUsedTypecd`).
    pub pass_use: String,
    /// State (`stucd`).
    pub state: String,
    /// Note (`rmk`).
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
    /// Line number (`sasStockSeqno`).
    pub line_no: u32,
    /// Line of the form (`sasDclSeqno`).
    pub form_line_no: String,
    /// Item number in the ledger (`oriactGdsSeqno`).
    pub ledger_item_no: String,
    /// The merchant's item (`gdsMtno`).
    pub item_no: String,
    /// HS code (`gdecd`).
    pub hs_code: String,
    /// Name (`gdsNm`).
    pub name: String,
    /// Declared unit (`dclUnitcd`).
    pub unit: String,
    /// Declared quantity (`dclQty`).
    pub qty: Option<Quantity>,
    /// Quantity that passed the gate (`actlPassQty`).
    pub passed_qty: Option<Quantity>,
    /// Quantity on gate passes (`passportUsedQty`).
    pub on_passes_qty: Option<Quantity>,
    /// Line of the related document (`rltGdsSeqno`).
    pub related_line_no: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// The filing of a logistics ledger (物流账册, BWS101).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerFiling {
    /// The port's number (`SeqNo`).
    pub seq_no: String,
    /// The ledger (`BwlNo`).
    pub ledger_no: String,
    /// The firm's own number (`EtpsPreentNo`).
    pub own_no: String,
    /// 1 file, 2 change (`DclTypeCd`).
    pub declaration_type: String,
    /// Class of the site (`BwlTypeCd`).
    pub site_class: String,
    /// Customs office (`MasterCuscd`).
    pub customs_code: String,
    /// Firm that runs the ledger (`BizopEtps…`).
    pub operator: Party,
    /// Firm that declares (`DclEtps…`).
    pub declarant: Party,
    /// Kind of declaring firm (`DclEtpsTypeCd`).
    pub declarant_type: String,
    /// Whom to ask (`ContactEr`).
    #[serde(with = "crate::personal::clear")]
    pub contact: Personal,
    /// Their telephone number (`ContactTele`).
    #[serde(with = "crate::personal::clear")]
    pub contact_telephone: Personal,
    /// Firm that entered the data (`Input…`).
    pub inputter: Party,
    /// Kind of warehouse (`HouseTypeCd`).
    pub house_type: String,
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
    /// Date of declaration (`DclTime`).
    pub declared_on: Option<NaiveDate>,
    /// How it is taxed (`TaxTypeCd`).
    pub tax_type: String,
    /// How lines are booked: cumulative or not (`AppendTypeCd`).
    pub booking_mode: String,
    /// Use (`UsageTypeCd`).
    pub usage_type: String,
    /// Ends on (`FinishValidTime`).
    pub valid_until: Option<NaiveDate>,
    /// Suspended (`PauseChgMarkcd`).
    pub suspended_mark: String,
    /// Note (`Rmk`).
    pub note: String,
    /// Spare parameters.
    pub params: Params,
    /// The ledger's lines.
    pub items: Vec<LedgerFilingItem>,
    /// Registration code of the operator's card (`OperCusRegCode`).
    pub operator_registration: String,
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
    /// The port's number (`SeqNo`).
    pub seq_no: String,
    /// Spare parameters.
    pub params: Params,
}

/// A reconciliation (报核, EMS121): the shape of a stock-take report to customs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reconciliation {
    /// The ledger (`emsNo`).
    pub ledger_no: String,
    /// The firm's own number (`etpsPreentNo`).
    pub own_no: String,
    /// Which reconciliation of the ledger (`chgTmsCnt`).
    pub round: String,
    /// 1 file, 2 change (`chgoffTypecd`).
    pub declaration_type: String,
    /// From (`chgoffBeginTime`).
    pub from: Option<NaiveDate>,
    /// To (`chgoffDueTime`).
    pub to: Option<NaiveDate>,
    /// Note (`rmk`).
    pub note: String,
    /// Item by item.
    pub lines: Vec<ReconciliationLine>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// One ledger item of a reconciliation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct ReconciliationLine {
    /// Item number in the ledger (`gNo`).
    pub ledger_item_no: String,
    /// The merchant's item (`copGNo`).
    pub item_no: String,
    /// HS code (`codeTs`).
    pub hs_code: String,
    /// Name (`gName`).
    pub name: String,
    /// Declared unit (`unit`).
    pub unit: String,
    /// Opening balance (`firstQty`).
    pub opening_qty: Option<Quantity>,
    /// Came in (`vrfaddQty`).
    pub in_qty: Option<Quantity>,
    /// Went out (`vrfredQty`).
    pub out_qty: Option<Quantity>,
    /// Should remain (`shdRemainQty`).
    pub expected_qty: Option<Quantity>,
    /// Does remain (`actlRemainQty`).
    pub actual_qty: Option<Quantity>,
    /// Difference in quantity (`dsmlQty`).
    pub difference_qty: Option<Quantity>,
    /// Difference in money (`dsmlAmt`).
    pub difference_amount: Option<Money>,
    /// Difference in per cent (`dsmlRate`).
    pub difference_rate: String,
    /// Lost (`tgblLossQty`).
    pub lost_qty: Option<Quantity>,
    /// Destroyed (`mtpckEndprdDstryQty`).
    pub destroyed_qty: Option<Quantity>,
    /// Note (`rmk`).
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}
