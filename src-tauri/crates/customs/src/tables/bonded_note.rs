//! Bonded notes: INV101 and its answers INV201, 202, 211 and `CommonResponeMessage`.
//!
//! The request writes its names with a capital, the answers without. Numbers in answers are never measured.

use crate::codes::CodeTable::*;
use crate::leaf::Rule::*;
use crate::table::table;
use bondhouse_domain::customs::{
    Approval, BondedNote, BondedNoteLine, BondedNoteReceipt, BondedNoteState, BondedNoteStateLine,
    CommonResponse, EntryCreated, LedgerBooking, LedgerItem, ReleasedParcel,
};

table! {
    /// INV101. Order as in a genuine inbound note; elements it lacks stand where the 2024 field list has them.
    BONDED_NOTE: BondedNote in "InvtHeadType", extra extra {
        SeqNo: seq_no, Up(18), May;
        BondInvtNo: note_no, Up(64), May;
        ChgTmsCnt: change_count, Up(9), May;
        PutrecNo: ledger_no, Up(64), Key;
        EtpsInnerInvtNo: own_no, Up(64), Key;
        BizopEtpsSccd: operator.credit_code, Up(18), May;
        BizopEtpsno: operator.code, Up(10), Must;
        BizopEtpsNm: operator.name, Up(512), Must;
        RcvgdEtpsno: receiver.code, Up(10), Must;
        RvsngdEtpsSccd: receiver.credit_code, Up(18), May;
        RcvgdEtpsNm: receiver.name, Up(512), Must;
        DclEtpsSccd: declarant.credit_code, Up(18), May;
        DclEtpsno: declarant.code, Up(10), Must;
        DclEtpsNm: declarant.name, Up(512), Must;
        RltInvtNo: related_note_no, Up(64), May;
        RltPutrecNo: related_ledger_no, Up(64), May;
        RltEntryBizopEtpsSccd: related_entry_operator.credit_code, Up(18), May;
        RltEntryBizopEtpsno: related_entry_operator.code, Up(11), May;
        RltEntryBizopEtpsNm: related_entry_operator.name, Up(512), May;
        RltEntryDclEtpsSccd: related_entry_declarant.credit_code, Up(18), May;
        RltEntryDclEtpsno: related_entry_declarant.code, Up(10), May;
        RltEntryDclEtpsNm: related_entry_declarant.name, Up(512), May;
        RltEntryRvsngdEtpsSccd: related_entry_receiver.credit_code, Up(18), May;
        RltEntryRcvgdEtpsno: related_entry_receiver.code, Up(10), May;
        RltEntryRcvgdEtpsNm: related_entry_receiver.name, Up(512), May;
        ImpexpPortcd: port_code, Code(Office), Must;
        DclPlcCuscd: customs_code, Code(Office), Must;
        DclcusTypecd: entry_relation, Up(1), May;
        DecType: entry_type, Up(1), May;
        GenDecFlag: generate_entry, Up(1), May;
        ImpexpMarkcd: direction, C(1), Key;
        MtpckEndprdMarkcd: goods_kind, C(1), Must;
        SupvModecd: supervision_mode, Up(6), Must;
        TrspModecd: transport_mode, Up(6), Must;
        DclcusFlag: entry_flag, C(1), Must;
        DclTypecd: declaration_type, Up(1), May;
        VrfdedMarkcd: debit_mark, Up(4), May;
        InputCode: inputter.code, Up(10), Must;
        InputCreditCode: inputter.credit_code, Up(18), May;
        InputName: inputter.name, Up(512), Must;
        InputTime: input_date, Date, Must;
        InvtDclTime: declared_on, Date, May;
        ListStat: list_state, Up(4), May;
        AddTime: added_at, TimeT, May;
        StshipTrsarvNatcd: country, Code(Country), Must;
        CorrEntryDclEtpsSccd: entry_declarant.credit_code, Up(18), May;
        CorrEntryDclEtpsNo: entry_declarant.code, Up(10), May;
        CorrEntryDclEtpsNm: entry_declarant.name, Up(512), May;
        InvtType: note_type, C(1), Must;
        Rmk: note, Up(4000), May;
    }
    children {
        many InvtListType: lines => BONDED_NOTE_LINE;
        many InvtCbecBill: parcels => RELEASED_PARCEL;
    }
    after {
        OperCusRegCode: operator_registration, Up(10), May;
        SysId: system_id, Up(3), May;
    }
}

table! {
    /// A line of INV101. `SecdLawfQty` is required with its unit.
    BONDED_NOTE_LINE: BondedNoteLine, extra extra {
        PutrecSeqno: ledger_item_no, Up(19), May;
        GdsSeqno: line_no, Whole, Key;
        GdsMtno: item_no, Up(32), Must;
        Gdecd: hs_code, C(10), Must;
        GdsNm: name, Up(512), Must;
        GdsSpcfModelDesc: model, Up(512), Must;
        DclUnitcd: unit, Code(Unit), Must;
        LawfUnitcd: legal_unit, Code(Unit), Must;
        SecdLawfUnitcd: second_legal_unit, Code(Unit), May;
        Natcd: origin, Code(Country), Must;
        DclUprcAmt: price, Number, Must;
        DclTotalAmt: total, Number, Must;
        DclCurrcd: currency, Code(Currency), Must;
        LawfQty: legal_qty, Number, Must;
        SecdLawfQty: second_legal_qty, Number, May;
        DclQty: qty, Number, Key;
        GrossWt: gross_weight, Number, May;
        NetWt: net_weight, Number, May;
        UseCd: use_code, Up(4), May;
        LvyrlfModecd: levy_mode, Up(6), Must;
        EntryGdsSeqno: entry_line_no, Up(19), May;
        DestinationNatcd: destination, Code(Country), Must;
        ModfMarkcd: change_mark, Up(4), Must;
        ClyMarkcd: dangerous_mark, Up(4), May;
        Rmk: note, Up(4000), May;
    }
}

table! {
    /// A released parcel of an outbound INV101.
    RELEASED_PARCEL: ReleasedParcel, extra extra {
        CbecBillNo: invt_no, Up(64), Key;
    }
}

table! {
    /// The decision at the head of INV201 and every SAS answer.
    APPROVAL: Approval, extra extra {
        etpsPreentNo: own_no, Any, May;
        businessId: business_id, Any, May;
        tmsCnt: change_count, Any, May;
        typecd: type_code, Any, May;
        manageResult: result, Any, Key;
        manageDate: at, TimeSpaced, Must;
        rmk: note, Any, May;
    }
}

table! {
    /// INV201. The note itself comes along only when it was approved.
    BONDED_NOTE_RECEIPT: BondedNoteReceipt, extra extra {}
    children {
        one HdeApprResult: approval => APPROVAL;
        part CheckInfo: check_note => CHECK_INFO;
        maybe BondInvtBsc: state => BONDED_NOTE_STATE;
        many BondInvtDt: lines => BONDED_NOTE_STATE_LINE;
    }
}

table! {
    /// What the check said, in INV201.
    CHECK_INFO: BondedNoteReceipt part "CheckInfo", extra extra {
        note: check_note, Any, May;
    }
}

table! {
    /// The note as customs holds it.
    BONDED_NOTE_STATE: BondedNoteState, extra extra {
        bondInvtNo: note_no, Any, Must;
        chgTmsCnt: change_count, Any, May;
        invtPreentNo: seq_no, Any, May;
        putrecNo: ledger_no, Any, Must;
        etpsInnerInvtNo: own_no, Any, Must;
        bizopEtpsSccd: operator.credit_code, Any, May;
        bizopEtpsno: operator.code, Any, May;
        bizopEtpsNm: operator.name, Any, May;
        rvsngdEtpsSccd: receiver.credit_code, Any, May;
        rcvgdEtpsno: receiver.code, Any, May;
        rcvgdEtpsNm: receiver.name, Any, May;
        dclEtpsSccd: declarant.credit_code, Any, May;
        dclEtpsno: declarant.code, Any, May;
        dclEtpsNm: declarant.name, Any, May;
        invtDclTime: declared_at, TimeSpaced, May;
        entryDclTime: entry_declared_at, TimeSpaced, May;
        entryNo: entry_no, Any, May;
        rltInvtNo: related_note_no, Any, May;
        rltPutrecNo: related_ledger_no, Any, May;
        rltEntryNo: related_entry_no, Any, May;
        rltEntryBizopEtpsSccd: related_entry_operator.credit_code, Any, May;
        rltEntryBizopEtpsno: related_entry_operator.code, Any, May;
        rltEntryBizopEtpsNm: related_entry_operator.name, Any, May;
        impexpPortcd: port_code, Any, May;
        dclPlcCuscd: customs_code, Any, May;
        impexpMarkcd: direction, Any, Must;
        mtpckEndprdMarkcd: goods_kind, Any, May;
        supvModecd: supervision_mode, Any, May;
        trspModecd: transport_mode, Any, May;
        stshipTrsarvNatcd: country, Any, May;
        applyNo: apply_no, Any, May;
        dclcusFlag: entry_flag, Any, May;
        dclcusTypecd: entry_relation, Any, May;
        prevdTime: pre_debited_at, TimeSpaced, May;
        formalVrfdedTime: debited_at, TimeSpaced, May;
        invtIochkptStucd: gate_state, Any, May;
        vrfdedMarkcd: debit_mark, Any, May;
        invtStucd: note_state, Any, May;
        vrfdedModecd: debit_mode, Any, May;
        duCode: du_code, Any, May;
        rmk: note, Any, May;
        bondInvtTypecd: note_type, Any, May;
        entryStucd: entry_state, Any, May;
        passportUsedTypecd: pass_use, Any, May;
        param1: params.first, Any, May;
        param2: params.second, Any, May;
        param3: params.third, Any, May;
        param4: params.fourth, Any, May;
        needEntryModified: need_entry_modified, Any, May;
        levyBlAmt: levy_amount, Number, May;
        dclTypecd: declaration_type, Any, May;
    }
}

table! {
    /// A line of the note as customs holds it.
    BONDED_NOTE_STATE_LINE: BondedNoteStateLine, extra goods.extra {
        bondInvtNo: note_no, Any, May;
        chgTmsCnt: change_count, Any, May;
        gdsSeqno: goods.line_no, Whole, Key;
        putrecSeqno: goods.ledger_item_no, Any, May;
        gdsMtno: goods.item_no, Any, Must;
        gdecd: goods.hs_code, Any, May;
        gdsNm: goods.name, Any, May;
        gdsSpcfModelDesc: goods.model, Any, May;
        dclUnitcd: goods.unit, Any, May;
        lawfUnitcd: goods.legal_unit, Any, May;
        secdLawfUnitcd: goods.second_legal_unit, Any, May;
        natcd: goods.origin, Any, May;
        dclUprcAmt: goods.price, Number, May;
        dclTotalAmt: goods.total, Number, May;
        usdStatTotalAmt: usd_total, Number, May;
        dclCurrcd: goods.currency, Any, May;
        lawfQty: goods.legal_qty, Number, May;
        secdLawfQty: goods.second_legal_qty, Number, May;
        wtSfVal: weight_factor, Any, May;
        fstSfVal: first_factor, Any, May;
        secdSfVal: second_factor, Any, May;
        dclQty: goods.qty, Number, Key;
        grossWt: goods.gross_weight, Number, May;
        netWt: goods.net_weight, Number, May;
        useCd: goods.use_code, Any, May;
        lvyrlfModecd: goods.levy_mode, Any, May;
        ucnsVerno: consumption_version, Any, May;
        entryGdsSeqno: goods.entry_line_no, Any, May;
        applyTbSeqno: apply_line_no, Any, May;
        clyMarkcd: goods.dangerous_mark, Any, May;
        rmk: goods.note, Any, May;
        actlPassQty: passed_qty, Number, May;
        passportUsedQty: on_passes_qty, Number, May;
        param1: params.first, Any, May;
        param2: params.second, Any, May;
        param3: params.third, Any, May;
        param4: params.fourth, Any, May;
        destinationNatcd: goods.destination, Any, May;
        modfMarkcd: goods.change_mark, Any, May;
    }
}

table! {
    /// INV202.
    ENTRY_CREATED: EntryCreated, extra extra {}
    children { part InvApprResult: result => ENTRY_RESULT; }
}

table! {
    /// The one element of INV202.
    ENTRY_RESULT: EntryCreated part "InvApprResult", extra extra {
        invPreentNo: seq_no, Any, May;
        businessId: business_id, Any, Must;
        entrySeqNo: entry_no, Any, May;
        manageResult: result, Any, Key;
        createDate: at, TimeSpaced, May;
        reason: reason, Any, May;
    }
}

table! {
    /// INV211.
    LEDGER_BOOKING: LedgerBooking, extra extra {}
    children {
        one BondInvtBsc: state => BONDED_NOTE_STATE;
        many BwsDt: items => LEDGER_ITEM;
    }
}

table! {
    /// A ledger line after booking.
    LEDGER_ITEM: LedgerItem, extra extra {
        bwsNo: ledger_no, Any, Must;
        chgTmsCnt: change_count, Any, May;
        gdsSeqno: ledger_item_no, Any, Key;
        inDate: in_date, TimeSpaced, May;
        gdsMtno: item_no, Any, Must;
        gdecd: hs_code, Any, May;
        gdsNm: name, Any, May;
        gdsSpcfModelDesc: model, Any, May;
        natcd: origin, Any, May;
        dclUnitcd: unit, Any, May;
        lawfUnitcd: legal_unit, Any, May;
        secdLawfUnitcd: second_legal_unit, Any, May;
        dclUprcAmt: price, Number, May;
        dclCurrcd: currency, Any, May;
        avgPrice: average_price, Number, May;
        totalAmt: total, Number, May;
        inQty: in_qty, Number, May;
        inLawfQty: in_legal_qty, Number, May;
        inSecdLawfQty: in_second_legal_qty, Number, May;
        actlIncQty: actual_in, Number, May;
        actlRedcQty: actual_out, Number, May;
        prevdIncQty: pre_in, Number, May;
        prevdRedcQty: pre_out, Number, May;
        outDate: out_date, TimeSpaced, May;
        limitDate: limit_date, TimeSpaced, May;
        inType: in_type, Any, May;
        invtNo: note_no, Any, May;
        invtGNo: note_line_no, Any, May;
        cusmExeMarkcd: execution_mark, Any, May;
        rmk: note, Any, May;
        modfMarkcd: change_mark, Any, May;
    }
}

table! {
    /// The technical first answer; `Respone` is customs' own spelling.
    COMMON_RESPONSE: CommonResponse, extra extra {
        SeqNo: seq_no, Any, May;
        EtpsPreentNo: own_no, Any, Must;
        CheckInfo: check_info, Any, May;
        DealFlag: deal_flag, Any, Key;
    }
}
