//! Which element carries which message, and which table reads its documents.

use crate::fault::Fatal;
use crate::sink::Sink;
use crate::source::Source;
use crate::table::{self, Table, read_node, write_node};
use crate::tables::{
    bonded_note as inv, ceb_receipts as ret, ceb_requests as ceb, gate_pass as sas, local,
    warehouse as wide,
};
use bondhouse_domain::customs::{Document, GatePassReceipt, MessageKind, Receipt};
use bondhouse_domain::message::Message as Said;
use bondhouse_domain::time::Zone;

/// Namespace of the unified version.
pub(crate) const CEB: &str = "http://www.chinaport.gov.cn/ceb";
/// Namespace some answers of the bonded family stand in, though they carry no signature.
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Namespace of the bonded family, where one is given at all.
pub(crate) const SAS: &str = "http://www.chinaport.gov.cn/sas";
/// Namespace of the exchange envelope.
pub(crate) const DXP: &str = "http://www.chinaport.gov.cn/dxp";

/// What stands around the documents of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// `ceb:CEBnnnMessage`, documents, `BaseTransfer`.
    CebRequest,
    /// `CEBnnnMessage` in the default namespace, documents.
    CebAnswer,
    /// `Signature/Object/Package/DataInfo/BussinessData`.
    BondedRequest,
    /// `Package/DataInfo/BussinessData`, in the namespace given.
    BondedAnswer(&'static str),
    /// The document is the root.
    Bare,
    /// `mo/body/list`.
    Local,
    /// A root of its own around the documents, without a namespace.
    Own(&'static str),
}

/// One line of the table of messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) kind: MessageKind,
    /// The element of one document.
    pub(crate) node: &'static str,
    pub(crate) frame: Frame,
    /// Whether a genuine sample was read.
    pub(crate) verified: bool,
}

macro_rules! layouts {
    ($($kind:ident $node:literal $frame:expr, $verified:expr;)*) => {
        /// Every message.
        pub(crate) const LAYOUTS: &[Layout] = &[
            $(Layout { kind: MessageKind::$kind, node: $node, frame: $frame, verified: $verified }),*
        ];
    };
}

layouts! {
    Ceb311 "Order" Frame::CebRequest, true;
    Ceb312 "OrderReturn" Frame::CebAnswer, true;
    Ceb411 "Payment" Frame::CebRequest, true;
    Ceb412 "PaymentReturn" Frame::CebAnswer, false;
    Ceb511 "Logistics" Frame::CebRequest, true;
    Ceb512 "LogisticsReturn" Frame::CebAnswer, true;
    Ceb513 "LogisticsStatus" Frame::CebRequest, true;
    Ceb514 "LogisticsStatusReturn" Frame::CebAnswer, false;
    Ceb621 "Inventory" Frame::CebRequest, true;
    Ceb622 "InventoryReturn" Frame::CebAnswer, true;
    Ceb623 "InvtCancel" Frame::CebRequest, true;
    Ceb624 "InvtCancelReturn" Frame::CebAnswer, true;
    Ceb625 "InvtRefund" Frame::CebRequest, false;
    Ceb626 "InvtRefundReturn" Frame::CebAnswer, true;
    Ceb711 "Delivery" Frame::CebRequest, true;
    Ceb712 "DeliveryReturn" Frame::CebAnswer, false;
    Ceb816 "Tax" Frame::CebAnswer, true;
    Ceb818 "Tax" Frame::CebAnswer, true;
    Ceb900 "MessageReturn" Frame::CebAnswer, false;
    Inv101 "InvtMessage" Frame::BondedRequest, true;
    Inv201 "INV201" Frame::BondedAnswer(DSIG), true;
    Inv202 "INV202" Frame::BondedAnswer(DSIG), true;
    Inv211 "INV211" Frame::BondedAnswer(DSIG), true;
    CommonResponse "CommonResponeMessage" Frame::Bare, true;
    Sas101 "SAS101" Frame::BondedRequest, false;
    Sas111 "SAS111" Frame::BondedRequest, false;
    Sas121 "PassPortMessage" Frame::BondedRequest, true;
    Sas221 "SAS221" Frame::BondedAnswer(""), true;
    Sas223 "SAS223" Frame::BondedAnswer(""), true;
    Sas224 "SAS224" Frame::BondedAnswer(""), true;
    Sas251 "SAS251" Frame::BondedAnswer(""), false;
    Sas253 "SAS253" Frame::BondedAnswer(""), false;
    Bws101 "BwlMessage" Frame::BondedRequest, false;
    Ems121 "EMS121" Frame::BondedRequest, false;
    Jkf "jkfResult" Frame::Local, false;
    PlatformRelease "InventoryReturn" Frame::Own("InventoryReturnList"), true;
}

/// The line of a kind.
pub(crate) fn of(kind: MessageKind) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| layout.kind == kind)
}

/// The unified-version message a root element names.
pub(crate) fn by_ceb_root(root: &str) -> Option<&'static Layout> {
    let name = root.strip_suffix("Message")?;
    LAYOUTS.iter().find(|l| {
        matches!(l.frame, Frame::CebRequest | Frame::CebAnswer) && l.kind.as_str() == name
    })
}

/// The bonded message a business element names.
pub(crate) fn by_business_element(element: &str) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|l| {
        matches!(l.frame, Frame::BondedRequest | Frame::BondedAnswer(_))
            && (l.node == element || l.kind.as_str() == element)
    })
}

fn pass_table(kind: MessageKind) -> &'static Table<GatePassReceipt> {
    match kind {
        MessageKind::Sas251 | MessageKind::Sas253 => &sas::TWO_STEP_RECEIPT,
        _ => &sas::GATE_PASS_RECEIPT,
    }
}

fn receipt_table(kind: MessageKind) -> &'static Table<Receipt> {
    match kind {
        MessageKind::Ceb312 => &ret::ORDER_RETURN,
        MessageKind::Ceb412 => &ret::PAYMENT_RETURN,
        MessageKind::Ceb512 => &ret::WAYBILL_RETURN,
        MessageKind::Ceb514 => &ret::WAYBILL_STATUS_RETURN,
        MessageKind::Ceb624 => &ret::CANCELLATION_RETURN,
        MessageKind::Ceb626 => &ret::REFUND_RETURN,
        MessageKind::Ceb712 => &ret::ARRIVAL_RETURN,
        MessageKind::Ceb900 => &ret::FORMAT_ERROR,
        MessageKind::PlatformRelease => &local::PLATFORM_RELEASE,
        _ => &ret::DECLARATION_RETURN,
    }
}

fn read<T: Default>(source: &mut Source<'_>, table: &Table<T>) -> Result<T, Fatal> {
    let mut value = T::default();
    read_node(source, table, &mut value)?;
    Ok(value)
}

/// Reads the document whose element was just opened.
pub(crate) fn read_document(kind: MessageKind, source: &mut Source<'_>) -> Result<Document, Fatal> {
    Ok(match kind {
        MessageKind::Ceb311 => Document::Order(read(source, &ceb::ORDER)?),
        MessageKind::Ceb411 => Document::Payment(read(source, &ceb::PAYMENT)?),
        MessageKind::Ceb511 => Document::Waybill(read(source, &ceb::WAYBILL)?),
        MessageKind::Ceb513 => Document::WaybillStatus(read(source, &ceb::WAYBILL_STATUS)?),
        MessageKind::Ceb621 => Document::DeclarationList(read(source, &ceb::DECLARATION)?),
        MessageKind::Ceb623 => Document::Cancellation(read(source, &ceb::CANCELLATION)?),
        MessageKind::Ceb625 => Document::Refund(read(source, &ceb::REFUND)?),
        MessageKind::Ceb711 => Document::ArrivalList(read(source, &ceb::ARRIVAL)?),
        MessageKind::Ceb312
        | MessageKind::Ceb412
        | MessageKind::Ceb512
        | MessageKind::Ceb514
        | MessageKind::Ceb622
        | MessageKind::Ceb624
        | MessageKind::Ceb626
        | MessageKind::Ceb712
        | MessageKind::Ceb900
        | MessageKind::PlatformRelease => {
            let receipt = read(source, receipt_table(kind))?;
            Document::Receipt(Receipt {
                message: kind,
                ..receipt
            })
        }
        MessageKind::Ceb816 => Document::TaxBill(read(source, &ret::TAX_BILL)?),
        MessageKind::Ceb818 => Document::TaxBillStatus(read(source, &ret::TAX_BILL_STATUS)?),
        MessageKind::Inv101 => Document::BondedNote(read(source, &inv::BONDED_NOTE)?),
        MessageKind::Inv201 => {
            Document::BondedNoteReceipt(read(source, &inv::BONDED_NOTE_RECEIPT)?)
        }
        MessageKind::Inv202 => Document::EntryCreated(read(source, &inv::ENTRY_CREATED)?),
        MessageKind::Inv211 => Document::LedgerBooking(read(source, &inv::LEDGER_BOOKING)?),
        MessageKind::CommonResponse => {
            Document::CommonResponse(read(source, &inv::COMMON_RESPONSE)?)
        }
        MessageKind::Sas101 => Document::StockDeclaration(read(source, &wide::STOCK_DECLARATION)?),
        MessageKind::Sas111 => Document::StockNote(read(source, &wide::STOCK_NOTE)?),
        MessageKind::Sas121 => Document::GatePass(read(source, &sas::GATE_PASS)?),
        MessageKind::Sas221
        | MessageKind::Sas223
        | MessageKind::Sas224
        | MessageKind::Sas251
        | MessageKind::Sas253 => {
            let receipt = read(source, pass_table(kind))?;
            Document::GatePassReceipt(GatePassReceipt {
                message: kind,
                ..receipt
            })
        }
        MessageKind::Bws101 => Document::LedgerFiling(read(source, &wide::LEDGER_FILING)?),
        MessageKind::Ems121 => Document::Reconciliation(read(source, &wide::RECONCILIATION)?),
        MessageKind::Jkf => Document::LocalReceipt(read(source, &local::LOCAL_RECEIPT)?),
    })
}

/// Does the same work on whichever value a document holds, with the table it is read by.
macro_rules! with_table {
    ($document:expr, $table:ident, $value:ident => $work:expr) => {
        match $document {
            Document::Order($value) => {
                let $table = &ceb::ORDER;
                $work
            }
            Document::Payment($value) => {
                let $table = &ceb::PAYMENT;
                $work
            }
            Document::Waybill($value) => {
                let $table = &ceb::WAYBILL;
                $work
            }
            Document::WaybillStatus($value) => {
                let $table = &ceb::WAYBILL_STATUS;
                $work
            }
            Document::DeclarationList($value) => {
                let $table = &ceb::DECLARATION;
                $work
            }
            Document::Cancellation($value) => {
                let $table = &ceb::CANCELLATION;
                $work
            }
            Document::Refund($value) => {
                let $table = &ceb::REFUND;
                $work
            }
            Document::ArrivalList($value) => {
                let $table = &ceb::ARRIVAL;
                $work
            }
            Document::Receipt($value) => {
                let $table = receipt_table($value.message);
                $work
            }
            Document::TaxBill($value) => {
                let $table = &ret::TAX_BILL;
                $work
            }
            Document::TaxBillStatus($value) => {
                let $table = &ret::TAX_BILL_STATUS;
                $work
            }
            Document::BondedNote($value) => {
                let $table = &inv::BONDED_NOTE;
                $work
            }
            Document::BondedNoteReceipt($value) => {
                let $table = &inv::BONDED_NOTE_RECEIPT;
                $work
            }
            Document::EntryCreated($value) => {
                let $table = &inv::ENTRY_CREATED;
                $work
            }
            Document::LedgerBooking($value) => {
                let $table = &inv::LEDGER_BOOKING;
                $work
            }
            Document::CommonResponse($value) => {
                let $table = &inv::COMMON_RESPONSE;
                $work
            }
            Document::StockDeclaration($value) => {
                let $table = &wide::STOCK_DECLARATION;
                $work
            }
            Document::StockNote($value) => {
                let $table = &wide::STOCK_NOTE;
                $work
            }
            Document::GatePass($value) => {
                let $table = &sas::GATE_PASS;
                $work
            }
            Document::GatePassReceipt($value) => {
                let $table = pass_table($value.message);
                $work
            }
            Document::LedgerFiling($value) => {
                let $table = &wide::LEDGER_FILING;
                $work
            }
            Document::Reconciliation($value) => {
                let $table = &wide::RECONCILIATION;
                $work
            }
            Document::LocalReceipt($value) => {
                let $table = &local::LOCAL_RECEIPT;
                $work
            }
        }
    };
}

/// Writes a document as the element its message asks for.
pub(crate) fn write_document(sink: &mut Sink, node: &str, document: &Document) {
    with_table!(document, table, value => write_node(sink, node, table, value));
}

/// Replaces every personal text in a document by what may be shown.
pub(crate) fn mask_document(document: &mut Document) {
    with_table!(document, table, value => table::mask(table, value));
}

/// What the standard would object to in a document about to be written.
pub(crate) fn objections(document: &Document, zone: Zone) -> Vec<Said> {
    let mut out = Vec::new();
    with_table!(document, table, value => table::objections(table, value, zone, &mut out));
    out
}
