//! SAS101, SAS111, BWS101, EMS121. *Layout unverified*: no genuine message was seen, only what one
//! operator's system writes (SAS and EMS of 2017, BWS of 2019). They are read in any order, nothing is
//! mandatory, and what is unknown is kept. The order they are written in is `unverified.txt`'s, not that
//! of these tables.

use crate::leaf::Rule::*;
use crate::table::table;
use bondhouse_domain::customs::{
    LedgerFiling, LedgerFilingItem, Reconciliation, ReconciliationLine, StockDeclaration,
    StockDeclarationLine, StockNote, StockNoteLine,
};

table! {
    /// SAS101 业务申报表.
    STOCK_DECLARATION: StockDeclaration in "SasDclBsc", extra extra {
        sasDclNo: form_no, Any, May;
        etpsPreentNo: own_no, Any, May;
        masterCuscd: customs_code, Any, May;
        dclTypecd: declaration_type, Any, May;
        businessTypecd: business_type, Any, May;
        directionTypecd: direction, Any, May;
        areainOriactNo: area_ledger_no, Any, May;
        areaoutOriactNo: outside_ledger_no, Any, May;
        areainEtpsno: area.code, Any, May;
        areainEtpsNm: area.name, Any, May;
        areainEtpsSccd: area.credit_code, Any, May;
        areaoutEtpsno: outside.code, Any, May;
        areaoutEtpsNm: outside.name, Any, May;
        areaoutEtpsSccd: outside.credit_code, Any, May;
        dpstLevyBlNo: deposit_no, Any, May;
        validTime: valid_until, Date, May;
        exhibitionPlace: exhibition_place, Any, May;
        rmk: note, Any, May;
    }
    children { many SasDclDt: lines => STOCK_DECLARATION_LINE; }
}

table! {
    /// A line of SAS101.
    STOCK_DECLARATION_LINE: StockDeclarationLine, extra extra {
        sasDclSeqno: line_no, Whole, May;
        oriactGdsSeqno: ledger_item_no, Any, May;
        gdecd: hs_code, Any, May;
        gdsNm: name, Any, May;
        dclQty: qty, Number, May;
        dclUnitcd: unit, Any, May;
        dclUprcAmt: price, Number, May;
        licenceNo: licence_no, Any, May;
        actlAreaoutQty: actual_out, Number, May;
        actlAreainQty: actual_in, Number, May;
    }
}

table! {
    /// SAS111 出入库单.
    STOCK_NOTE: StockNote in "SasStockBsc", extra extra {
        sasStockNo: note_no, Any, May;
        etpsPreentNo: own_no, Any, May;
        sasDclNo: form_no, Any, May;
        stockTypecd: direction, Any, May;
        masterCuscd: customs_code, Any, May;
        rltBondInvtNo: bonded_note_no, Any, May;
        businessTypecd: business_type, Any, May;
        centralizedDclTypecd: centralised, Any, May;
        rltSasStockNo: related_note_no, Any, May;
        packageQty: pieces, Any, May;
        grossWt: gross_weight, Number, May;
        netWt: net_weight, Number, May;
        packType: pack_type, Any, May;
        passportUsedTypecd: pass_use, Any, May;
        stucd: state, Any, May;
        rmk: note, Any, May;
    }
    children { many SasStockDt: lines => STOCK_NOTE_LINE; }
}

table! {
    /// A line of SAS111.
    STOCK_NOTE_LINE: StockNoteLine, extra extra {
        sasStockSeqno: line_no, Whole, May;
        sasDclSeqno: form_line_no, Any, May;
        oriactGdsSeqno: ledger_item_no, Any, May;
        gdsMtno: item_no, Any, May;
        gdecd: hs_code, Any, May;
        gdsNm: name, Any, May;
        dclUnitcd: unit, Any, May;
        dclQty: qty, Number, May;
        actlPassQty: passed_qty, Number, May;
        passportUsedQty: on_passes_qty, Number, May;
        rltGdsSeqno: related_line_no, Any, May;
    }
}

table! {
    /// BWS101 物流账册. `Bwl` is the message's own abbreviation.
    LEDGER_FILING: LedgerFiling in "BwlHead", extra extra {
        SeqNo: seq_no, Any, May;
        BwlNo: ledger_no, Any, May;
        EtpsPreentNo: own_no, Any, May;
        DclTypeCd: declaration_type, Any, May;
        BwlTypeCd: site_class, Any, May;
        MasterCuscd: customs_code, Any, May;
        BizopEtpsSccd: operator.credit_code, Any, May;
        BizopEtpsno: operator.code, Any, May;
        BizopEtpsNm: operator.name, Any, May;
        DclEtpsSccd: declarant.credit_code, Any, May;
        DclEtpsno: declarant.code, Any, May;
        DclEtpsNm: declarant.name, Any, May;
        DclEtpsTypeCd: declarant_type, Any, May;
        ContactEr: contact, Name(64), May;
        ContactTele: contact_telephone, Phone(64), May;
        HouseTypeCd: house_type, Any, May;
        HouseNo: house_no, Any, May;
        HouseNm: house_name, Any, May;
        HouseArea: house_area, Any, May;
        HouseVolume: house_volume, Any, May;
        HouseAddress: house_address, Any, May;
        DclTime: declared_on, Date, May;
        TaxTypeCd: tax_type, Any, May;
        FinishValidTime: valid_until, Date, May;
        AppendTypeCd: booking_mode, Any, May;
        Rmk: note, Any, May;
        InputCode: inputter.code, Any, May;
        InputSccd: inputter.credit_code, Any, May;
        InputName: inputter.name, Any, May;
        UsageTypeCd: usage_type, Any, May;
        PauseChgMarkcd: suspended_mark, Any, May;
        Col1: params.first, Any, May;
        Col2: params.second, Any, May;
        Col3: params.third, Any, May;
        Col4: params.fourth, Any, May;
    }
    children { many BwlList: items => LEDGER_FILING_ITEM; }
    after { OperCusRegCode: operator_registration, Any, May; }
}

table! {
    /// A line of BWS101: the set INV211 answers with, written with capitals.
    LEDGER_FILING_ITEM: LedgerFilingItem, extra item.extra {
        SeqNo: seq_no, Any, May;
        BwlNo: item.ledger_no, Any, May;
        ChgTmsCnt: item.change_count, Any, May;
        GdsSeqNo: item.ledger_item_no, Any, May;
        InDate: item.in_date, TimeSpaced, May;
        GdsMtno: item.item_no, Any, May;
        Gdecd: item.hs_code, Any, May;
        GdsNm: item.name, Any, May;
        GdsSpcfModelDesc: item.model, Any, May;
        NatCd: item.origin, Any, May;
        DclUnitCd: item.unit, Any, May;
        LawfUnitCd: item.legal_unit, Any, May;
        SecdLawfUnitCd: item.second_legal_unit, Any, May;
        DclUprcAmt: item.price, Number, May;
        DclCurrCd: item.currency, Any, May;
        AvgPrice: item.average_price, Number, May;
        TotalAmt: item.total, Number, May;
        InQty: item.in_qty, Number, May;
        InLawfQty: item.in_legal_qty, Number, May;
        InSecdLawfQty: item.in_second_legal_qty, Number, May;
        ActlIncQty: item.actual_in, Number, May;
        ActlRedcQty: item.actual_out, Number, May;
        PrevdIncQty: item.pre_in, Number, May;
        PrevdRedcQty: item.pre_out, Number, May;
        OutDate: item.out_date, TimeSpaced, May;
        LimitDate: item.limit_date, TimeSpaced, May;
        InType: item.in_type, Any, May;
        MODF_MARKCD: item.change_mark, Any, May;
        InvtNo: item.note_no, Any, May;
        InvtGNo: item.note_line_no, Any, May;
        CusmExeMarkcd: item.execution_mark, Any, May;
        Rmk: item.note, Any, May;
        Col1: params.first, Any, May;
        Col2: params.second, Any, May;
        Col3: params.third, Any, May;
        Col4: params.fourth, Any, May;
    }
}

table! {
    /// EMS121 报核.
    RECONCILIATION: Reconciliation in "EmsChgoffBsc", extra extra {
        emsNo: ledger_no, Any, May;
        etpsPreentNo: own_no, Any, May;
        chgTmsCnt: round, Any, May;
        chgoffTypecd: declaration_type, Any, May;
        chgoffBeginTime: from, Date, May;
        chgoffDueTime: to, Date, May;
        rmk: note, Any, May;
    }
    children { many EmsChgoffImg: lines => RECONCILIATION_LINE; }
}

table! {
    /// An item of EMS121.
    RECONCILIATION_LINE: ReconciliationLine, extra extra {
        gNo: ledger_item_no, Any, May;
        copGNo: item_no, Any, May;
        codeTs: hs_code, Any, May;
        gName: name, Any, May;
        unit: unit, Any, May;
        firstQty: opening_qty, Number, May;
        vrfaddQty: in_qty, Number, May;
        vrfredQty: out_qty, Number, May;
        shdRemainQty: expected_qty, Number, May;
        actlRemainQty: actual_qty, Number, May;
        dsmlQty: difference_qty, Number, May;
        dsmlAmt: difference_amount, Number, May;
        dsmlRate: difference_rate, Any, May;
        tgblLossQty: lost_qty, Number, May;
        mtpckEndprdDstryQty: destroyed_qty, Number, May;
        rmk: note, Any, May;
    }
}
