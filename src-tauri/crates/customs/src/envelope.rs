//! A whole message: its documents and all that stands around them.

use crate::fault::{Doubt, Fault, Place};
use bondhouse_domain::customs::{Document, Extra, MessageKind};
use bondhouse_domain::time::Instant;
use serde::{Deserialize, Serialize};

/// A message as it was read or is to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Which message.
    pub kind: MessageKind,
    /// Number of the message.
    pub guid: String,
    /// Version as sent, usually `1.0`.
    pub version: String,
    /// The exchange envelope it came in, if any.
    pub exchange: Option<Exchange>,
    /// The sender (CEB requests).
    pub transfer: Option<Transfer>,
    /// Third parties that also get it (CEB requests).
    pub subscriptions: Vec<Subscription>,
    /// The bonded family's head.
    pub package: Option<Package>,
    /// Which part of a split answer this is.
    pub pocket: Option<Pocket>,
    /// Bonded requests: 0 store a draft, 1 declare (`DelcareFlag`).
    pub declare_flag: String,
    /// Whether a signature was seen. It is never written back.
    pub signed: bool,
    /// Whether that signature was checked and holds ([`crate::read_signed`]).
    pub genuine: bool,
    /// Its documents, in order.
    pub records: Vec<Record>,
    /// What was doubtful outside any document.
    pub doubts: Vec<Doubt>,
    /// Elements around the documents that the standard does not name.
    pub extra: Vec<Extra>,
}

impl Message {
    /// A message to be written: documents of one kind, without sender. Its number is the first one's.
    pub fn of(documents: impl IntoIterator<Item = Document>) -> Self {
        let records: Vec<Record> = documents.into_iter().map(Record::new).collect();
        let first = records.iter().find_map(|r| r.result.as_ref().ok());
        Self {
            kind: first.map(Document::kind).unwrap_or_default(),
            guid: first.map(guid).unwrap_or_default().to_owned(),
            version: "1.0".into(),
            records,
            ..Self::default()
        }
    }

    /// The documents that could be read.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.records
            .iter()
            .filter_map(|record| record.result.as_ref().ok())
    }

    /// The documents that could be read, moved out.
    pub fn into_documents(self) -> impl Iterator<Item = Document> {
        self.records
            .into_iter()
            .filter_map(|record| record.result.ok())
    }
}

/// The number of a document of the unified version.
fn guid(document: &Document) -> &str {
    match document {
        Document::Order(d) => &d.filing.guid,
        Document::Payment(d) => &d.filing.guid,
        Document::Waybill(d) => &d.filing.guid,
        Document::WaybillStatus(d) => &d.filing.guid,
        Document::DeclarationList(d) => &d.filing.guid,
        Document::Cancellation(d) => &d.filing.guid,
        Document::Refund(d) => &d.head.filing.guid,
        Document::ArrivalList(d) => &d.filing.guid,
        Document::Receipt(d) => &d.guid,
        Document::TaxBill(d) => &d.guid,
        Document::TaxBillStatus(d) => &d.guid,
        Document::BondedNote(_)
        | Document::BondedNoteReceipt(_)
        | Document::EntryCreated(_)
        | Document::LedgerBooking(_)
        | Document::CommonResponse(_)
        | Document::StockDeclaration(_)
        | Document::StockNote(_)
        | Document::GatePass(_)
        | Document::GatePassReceipt(_)
        | Document::LedgerFiling(_)
        | Document::Reconciliation(_)
        | Document::LocalReceipt(_) => "",
    }
}

/// What stands around the documents of a message, as a value of its own: `bondctl customs read` puts
/// it on the first line, so that what was read can be written back whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Frame {
    /// Number of the message; where none is named here, the first document's.
    pub guid: Option<String>,
    /// Version as sent; where none is named here, `1.0`.
    pub version: Option<String>,
    /// The exchange envelope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
    /// The sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// Third parties.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<Subscription>,
    /// The bonded family's head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<Package>,
    /// Which part of a split answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pocket: Option<Pocket>,
    /// 0 store a draft, 1 declare.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub declare_flag: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

impl Frame {
    /// Parts a message into frame, records and doubts. Whether it was signed is not part of the frame:
    /// a signature is never written back.
    pub fn off(message: Message) -> (Self, MessageKind, Vec<Record>, Vec<Doubt>) {
        let Message {
            kind,
            guid,
            version,
            exchange,
            transfer,
            subscriptions,
            package,
            pocket,
            declare_flag,
            signed: _,
            genuine: _,
            records,
            doubts,
            extra,
        } = message;
        let frame = Self {
            guid: Some(guid),
            version: Some(version),
            exchange,
            transfer,
            subscriptions,
            package,
            pocket,
            declare_flag,
            extra,
        };
        (frame, kind, records, doubts)
    }

    /// A message of these documents inside this frame.
    pub fn around(self, documents: impl IntoIterator<Item = Document>) -> Message {
        let Self {
            guid,
            version,
            exchange,
            transfer,
            subscriptions,
            package,
            pocket,
            declare_flag,
            extra,
        } = self;
        let bare = Message::of(documents);
        Message {
            guid: guid.unwrap_or(bare.guid),
            version: version.unwrap_or(bare.version),
            exchange,
            transfer,
            subscriptions,
            package,
            pocket,
            declare_flag,
            extra,
            kind: bare.kind,
            records: bare.records,
            signed: false,
            genuine: false,
            doubts: Vec::new(),
        }
    }
}

/// One document of a message, or why it was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it begins.
    pub place: Place,
    /// The document.
    pub result: Result<Document, Fault>,
    /// What was doubtful about it.
    pub doubts: Vec<Doubt>,
}

impl Record {
    fn new(document: Document) -> Self {
        Self {
            place: Place { line: 1, column: 1 },
            result: Ok(document),
            doubts: Vec::new(),
        }
    }
}

/// The sender of a CEB request (`BaseTransfer`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Transfer {
    /// Registration code of the sending firm.
    pub cop_code: String,
    /// Name of the sending firm.
    pub cop_name: String,
    /// `DXP`.
    pub dxp_mode: String,
    /// Its address at the exchange.
    pub dxp_id: String,
    /// Note.
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// A third party that also gets a message or its receipts (`BaseSubscribe`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscription {
    /// `ALL`, `DATA` or `RET`.
    pub status: String,
    /// `DXP`.
    pub dxp_mode: String,
    /// Its address at the exchange.
    pub dxp_address: String,
    /// Note.
    pub note: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// The head of a bonded message (`EnvelopInfo`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Package {
    /// `1.0`.
    pub version: String,
    /// Customs' number of the document, some answers only.
    pub business_id: String,
    /// Number of the message.
    pub message_id: String,
    /// File it travels in.
    pub file_name: String,
    /// `INV101`, `SAS221` …
    pub message_type: String,
    /// Sender's address at the exchange.
    pub sender_id: String,
    /// Receiver's address at the exchange.
    pub receiver_id: String,
    /// When it was sent.
    pub send_time: Option<Instant>,
    /// Operator's card (`Ic_Card`).
    pub ic_card: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// Which part of a split answer a message is (`PocketInfo`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pocket {
    /// Number of the whole.
    pub pocket_id: String,
    /// How many parts.
    pub total: String,
    /// Which part, from 1.
    pub current: String,
    /// `is_unstructured`.
    pub unstructured: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// The envelope of the exchange (`DxpMsg`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Exchange {
    /// The sender's number of the message.
    pub cop_msg_id: String,
    /// Sender's address.
    pub sender_id: String,
    /// Receivers' addresses, one to five.
    pub receivers: Vec<String>,
    /// When it was made.
    pub created_at: Option<Instant>,
    /// Type of the message inside.
    pub msg_type: String,
    /// File it travels in.
    pub file_name: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}
