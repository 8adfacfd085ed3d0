//! Customs, answering by hand: fetches the outbox and delivers receipts, message by message.

use super::World;
use bondhouse_customs::{Message, Reading};
use bondhouse_domain::customs::{
    Approval, BondedNoteReceipt, BondedNoteState, Document, GatePassReceipt, GatePassState,
    MessageKind, Receipt, TaxBill, TaxBillLine,
};
use bondhouse_domain::time::{Instant, Span, Zone};
use std::sync::atomic::Ordering;

/// Customs' number of a list, made from ours.
pub(crate) fn list_no(cop_no: &str) -> String {
    let serial: String = cop_no
        .chars()
        .rev()
        .take(6)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    format!("31052026I000{serial}")
}

/// A tax bill of a list, of value added tax alone: how much in all, and on which of its lines.
pub(crate) fn tax_bill(
    cop_no: &str,
    serial: u32,
    tax: &str,
    lines: &[(u32, &str)],
    at: Instant,
) -> Document {
    let lines = lines.iter().map(|(gnum, tax)| TaxBillLine {
        gnum: *gnum,
        value_added_tax: tax.parse().unwrap(),
        ..TaxBillLine::default()
    });
    Document::TaxBill(TaxBill {
        guid: format!("TAX-{cop_no}-{serial}"),
        invt_no: list_no(cop_no),
        tax_no: format!("{}_{serial}", list_no(cop_no)),
        value_added_tax: tax.parse().unwrap(),
        status: "1".into(),
        return_time: Some(at),
        lines: lines.collect(),
        ..TaxBill::default()
    })
}

impl World {
    /// Bills a list now.
    pub(crate) async fn bill(&self, cop_no: &str, serial: u32, tax: &str, lines: &[(u32, &str)]) {
        let bill = tax_bill(cop_no, serial, tax, lines, self.clock.now());
        self.deliver(bill).await;
    }

    /// Everything that was declared since the last look.
    pub(crate) async fn fetch(&self) -> Vec<Document> {
        let after = self.fetched.load(Ordering::SeqCst);
        let out = self
            .get(&self.customs, &format!("/v1/customs/outbox?after={after}"))
            .await
            .ok();
        let mut documents = Vec::new();
        for message in out.as_array().unwrap() {
            self.fetched
                .store(message["n"].as_u64().unwrap(), Ordering::SeqCst);
            let read = bondhouse_customs::read(
                message["xml"].as_str().unwrap().as_bytes(),
                Reading::default(),
            )
            .unwrap();
            assert_eq!(read.kind.as_str(), message["kind"]);
            documents.extend(read.into_documents());
        }
        documents
    }

    pub(crate) async fn deliver(&self, document: Document) {
        let xml = bondhouse_customs::write(&Message::of([document]), Zone::SHANGHAI).unwrap();
        self.post_xml(&self.customs, "/v1/customs/inbox", &xml)
            .await
            .ok();
    }

    /// A CEB622 about a list; `after` is minutes after now by customs' clock.
    pub(crate) async fn receipt(&self, cop_no: &str, status: &str, after: i64) {
        self.receipt_of(
            MessageKind::Ceb622,
            cop_no,
            status,
            self.clock.now().plus(Span::minutes(after)),
        )
        .await;
    }

    pub(crate) async fn receipt_of(
        &self,
        message: MessageKind,
        cop_no: &str,
        status: &str,
        at: Instant,
    ) {
        self.deliver(Document::Receipt(Receipt {
            message,
            guid: format!("R-{cop_no}-{status}"),
            customs_code: "3105".into(),
            cop_no: cop_no.into(),
            invt_no: if status == "2" {
                String::new()
            } else {
                list_no(cop_no)
            },
            return_status: status.into(),
            return_time: Some(at),
            return_info: "[Code:2600;Desc:放行]".into(),
            ..Receipt::default()
        }))
        .await;
    }

    /// The own number of the one list in what was fetched.
    pub(crate) async fn list_declared(&self) -> String {
        let lists: Vec<String> = self
            .fetch()
            .await
            .into_iter()
            .filter_map(|document| match document {
                Document::DeclarationList(list) => Some(list.cop_no),
                _ => None,
            })
            .collect();
        assert_eq!(lists.len(), 1, "one list is out");
        lists[0].clone()
    }

    /// Bought, declared and released by customs; answers the list's own number.
    pub(crate) async fn cleared(&self, order_no: &str, tins: u32) -> String {
        self.buy(order_no, tins).await;
        let list = self.list_declared().await;
        self.receipt(&list, "800", 0).await;
        assert_eq!(self.state(order_no).await, "cleared");
        list
    }

    /// Approves the one note in what was fetched, with this result.
    pub(crate) async fn approve_note(&self, result: &str, number: &str) {
        let documents = self.fetch().await;
        let note = documents.iter().find_map(|d| match d {
            Document::BondedNote(note) => Some(note),
            _ => None,
        });
        self.about_note(&note.unwrap().own_no, result, number).await;
    }

    /// INV201 about a note of ours.
    pub(crate) async fn about_note(&self, own_no: &str, result: &str, number: &str) {
        self.deliver(Document::BondedNoteReceipt(BondedNoteReceipt {
            approval: Approval {
                business_id: number.into(),
                result: result.into(),
                at: Some(self.clock.now()),
                ..Approval::default()
            },
            state: Some(BondedNoteState {
                own_no: own_no.into(),
                note_no: number.into(),
                ..BondedNoteState::default()
            }),
            ..BondedNoteReceipt::default()
        }))
        .await;
    }

    /// Approves the one gate pass in what was fetched; answers customs' number of it.
    pub(crate) async fn approve_pass(&self, number: &str) {
        let documents = self.fetch().await;
        let pass = documents.iter().find_map(|d| match d {
            Document::GatePass(pass) => Some(pass),
            _ => None,
        });
        self.about_pass(MessageKind::Sas221, number, &pass.unwrap().own_no, "1")
            .await;
    }

    pub(crate) async fn about_pass(
        &self,
        message: MessageKind,
        number: &str,
        own_no: &str,
        state: &str,
    ) {
        self.deliver(Document::GatePassReceipt(GatePassReceipt {
            message,
            approval: Approval {
                own_no: own_no.into(),
                business_id: number.into(),
                result: "1".into(),
                at: Some(self.clock.now()),
                ..Approval::default()
            },
            state: Some(GatePassState {
                pass_no: number.into(),
                state: state.into(),
                ..GatePassState::default()
            }),
            ..GatePassReceipt::default()
        }))
        .await;
    }
}
