//! Bonded notes: the port's technical answer at once, customs' decision (INV201) a little later.
//!
//! Inbound goods are pre-debited (4); an outbound note of released parcels is approved and debited
//! (1). A note is returned (3) when a line contradicts the book, or a parcel is not released.

use super::book::Claims;
use super::{Customs, Desk, News};
use bondhouse_domain::customs::{
    Approval, BondedNote, BondedNoteLine, BondedNoteReceipt, BondedNoteState, BondedNoteStateLine,
    CommonResponse, Document, LedgerBooking, LedgerItem,
};
use bondhouse_domain::time::Instant;

/// A note customs decided on.
#[derive(Debug)]
pub(super) struct Filed {
    note: BondedNote,
    note_no: String,
    seq_no: String,
    approved: bool,
    through_the_gate: bool,
}

impl Filed {
    pub(super) fn is_open(&self) -> bool {
        self.approved && !self.through_the_gate
    }
}

/// The port's number of a document: year and 14 digits.
pub(super) fn seq_no(desk: &Desk<'_>) -> String {
    format!(
        "{}{:014}",
        desk.zone.civil(desk.at).format("%Y"),
        desk.serial()
    )
}

/// The first, technical answer to a document of the bonded family.
pub(super) fn technical(own_no: &str, seq_no: &str, desk: &mut Desk<'_>) {
    let response = CommonResponse {
        seq_no: seq_no.to_owned(),
        own_no: own_no.to_owned(),
        check_info: "处理成功".to_owned(),
        deal_flag: "0".to_owned(),
        ..CommonResponse::default()
    };
    desk.answer(
        desk.after(300),
        "COMMON",
        Document::CommonResponse(response),
    );
}

impl Customs {
    pub(super) fn take_note(&mut self, note: BondedNote, desk: &mut Desk<'_>) {
        let year = desk.zone.civil(desk.at).format("%y").to_string();
        let note_no = format!(
            "QD{}{year}{}{:09}",
            note.customs_code,
            note.direction,
            desk.serial()
        );
        let seq_no = seq_no(desk);
        technical(&note.own_no, &seq_no, desk);
        let at = desk.after(2_500);
        let inbound = note.direction == "I";
        let wrong = if inbound {
            self.wrong_inbound(&note)
        } else {
            self.wrong_outbound(&note, at)
        };
        let result = match (&wrong, inbound) {
            (Some(_), _) => "3",
            (None, true) => "4",
            (None, false) => "1",
        };
        let filed = Filed {
            approved: wrong.is_none(),
            through_the_gate: false,
            note,
            note_no: note_no.clone(),
            seq_no,
        };
        let receipt = BondedNoteReceipt {
            approval: Approval {
                own_no: filed.seq_no.clone(),
                business_id: note_no.clone(),
                change_count: "0".to_owned(),
                type_code: "1".to_owned(),
                result: result.to_owned(),
                at: Some(at),
                ..Approval::default()
            },
            check_note: wrong.unwrap_or_default(),
            state: Some(state(&filed, at)),
            lines: filed
                .note
                .lines
                .iter()
                .map(|goods| line(&note_no, goods))
                .collect(),
            ..BondedNoteReceipt::default()
        };
        desk.answer(at, "INV201", Document::BondedNoteReceipt(receipt));
        if filed.approved {
            if !inbound {
                self.let_go(&filed.note);
            }
            desk.said.news.push(News::Booked);
        }
        self.notes.insert(note_no, filed);
    }

    /// Inbound: a known ledger line keeps its HS code and unit.
    fn wrong_inbound(&self, note: &BondedNote) -> Option<String> {
        note.lines.iter().find_map(|goods| {
            let booked = self
                .book
                .line(&(note.ledger_no.clone(), goods.ledger_item_no.clone()))?;
            let same = booked.hs_code == goods.hs_code && booked.unit == goods.unit;
            (!same).then(|| format!("第{}项与账册备案不一致", goods.line_no))
        })
    }

    /// Outbound: every parcel is released when customs decides.
    fn wrong_outbound(&self, note: &BondedNote, at: Instant) -> Option<String> {
        let held = note
            .parcels
            .iter()
            .find(|parcel| !self.lists.is_released(&parcel.invt_no, at));
        held.map(|parcel| format!("清单{}未放行", parcel.invt_no))
    }

    fn let_go(&mut self, note: &BondedNote) {
        let lines = note.lines.iter();
        let claims: Claims = lines
            .map(|goods| {
                (
                    (note.ledger_no.clone(), goods.ledger_item_no.clone()),
                    goods.qty,
                )
            })
            .collect();
        self.book.let_go(&claims);
        for parcel in &note.parcels {
            self.lists.set_left(&parcel.invt_no);
        }
    }

    /// Whether a note may travel: customs' number of one that is booked and not yet through.
    pub(super) fn open_note(&self, note_no: &str) -> bool {
        self.notes.get(note_no).is_some_and(Filed::is_open)
    }

    /// The goods of a note passed the gate; what came in is in the book from now.
    pub(super) fn close_note(&mut self, note_no: &str, desk: &mut Desk<'_>) {
        let Some(filed) = self.notes.get_mut(note_no).filter(|filed| filed.is_open()) else {
            return;
        };
        filed.through_the_gate = true;
        let note = &filed.note;
        if note.direction != "I" {
            return;
        }
        let mut new = Vec::new();
        for goods in &note.lines {
            let item_no = self.book.bring_in(&note.ledger_no, goods);
            if goods.ledger_item_no.is_empty() {
                new.push(new_line(filed, goods, item_no));
            }
        }
        // Only who did not know the number of a line has to be told one.
        if !new.is_empty() {
            let at = desk.after(4_000);
            let booking = LedgerBooking {
                state: state(filed, at),
                items: new,
                ..LedgerBooking::default()
            };
            desk.answer(at, "INV211", Document::LedgerBooking(booking));
        }
    }
}

/// A line of the ledger that customs opened for a note.
fn new_line(filed: &Filed, goods: &BondedNoteLine, item_no: String) -> LedgerItem {
    LedgerItem {
        ledger_no: filed.note.ledger_no.clone(),
        ledger_item_no: item_no,
        item_no: goods.item_no.clone(),
        hs_code: goods.hs_code.clone(),
        name: goods.name.clone(),
        model: goods.model.clone(),
        origin: goods.origin.clone(),
        unit: goods.unit.clone(),
        legal_unit: goods.legal_unit.clone(),
        second_legal_unit: goods.second_legal_unit.clone(),
        in_qty: Some(goods.qty),
        in_legal_qty: goods.legal_qty,
        in_second_legal_qty: goods.second_legal_qty,
        in_type: "1".to_owned(),
        note_no: filed.note_no.clone(),
        note_line_no: goods.line_no.to_string(),
        execution_mark: "1".to_owned(),
        ..LedgerItem::default()
    }
}

/// A note as customs shows it in its answers.
fn state(filed: &Filed, at: Instant) -> BondedNoteState {
    let note = &filed.note;
    let inbound = note.direction == "I";
    BondedNoteState {
        note_no: filed.note_no.clone(),
        change_count: "0".to_owned(),
        seq_no: filed.seq_no.clone(),
        ledger_no: note.ledger_no.clone(),
        own_no: note.own_no.clone(),
        operator: note.operator.clone(),
        receiver: note.receiver.clone(),
        declarant: note.declarant.clone(),
        declared_at: Some(at),
        port_code: note.port_code.clone(),
        customs_code: note.customs_code.clone(),
        direction: note.direction.clone(),
        goods_kind: note.goods_kind.clone(),
        supervision_mode: note.supervision_mode.clone(),
        transport_mode: note.transport_mode.clone(),
        country: note.country.clone(),
        entry_flag: note.entry_flag.clone(),
        pre_debited_at: Some(at).filter(|_| inbound),
        debited_at: Some(at).filter(|_| !inbound),
        gate_state: "0".to_owned(),
        debit_mark: if inbound { "1" } else { "2" }.to_owned(),
        note_state: if filed.approved { "0" } else { "2" }.to_owned(),
        note_type: note.note_type.clone(),
        pass_use: "1".to_owned(),
        declaration_type: note.declaration_type.clone(),
        ..BondedNoteState::default()
    }
}

fn line(note_no: &str, goods: &BondedNoteLine) -> BondedNoteStateLine {
    BondedNoteStateLine {
        goods: goods.clone(),
        note_no: note_no.to_owned(),
        change_count: "0".to_owned(),
        ..BondedNoteStateLine::default()
    }
}
