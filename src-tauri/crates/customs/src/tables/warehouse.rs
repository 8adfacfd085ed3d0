//! SAS101, SAS111, BWS101, EMS121. *Layout unverified*: no genuine sample was seen, so they are read in
//! any order, nothing but a number of their own is asked for, and what is unknown is kept.

use crate::leaf::Rule::*;
use crate::table::table;
use bondhouse_domain::customs::{
    LedgerFiling, LedgerFilingItem, Reconciliation, ReconciliationLine, StockDeclaration,
    StockDeclarationLine, StockNote, StockNoteLine,
};

table! {
    /// SAS101 业务申报表.
    STOCK_DECLARATION: StockDeclaration in "SasDclHead", extra extra {
        SasDclNo: form_no, Any, May;
        EtpsPreentNo: own_no, Any, May;
        MasterCuscd: customs_code, Any, May;
        DclTypecd: declaration_type, Any, May;
        BusinessTypecd: business_type, Any, May;
        DirectionTypecd: direction, Any, May;
        AreainOriactNo: area_ledger_no, Any, May;
        AreaoutOriactNo: outside_ledger_no, Any, May;
        AreainEtpsno: area.code, Any, May;
        AreainEtpsNm: area.name, Any, May;
        AreainEtpsSccd: area.credit_code, Any, May;
        AreaoutEtpsno: outside.code, Any, May;
        AreaoutEtpsNm: outside.name, Any, May;
        AreaoutEtpsSccd: outside.credit_code, Any, May;
        DpstLevyBlNo: deposit_no, Any, May;
        ValidTime: valid_until, Date, May;
        ExhibitionPlace: exhibition_place, Any, May;
        Rmk: note, Any, May;
    }
    children { many SasDclList: lines => STOCK_DECLARATION_LINE; }
}

table! {
    /// A line of SAS101.
    STOCK_DECLARATION_LINE: StockDeclarationLine, extra extra {
        SasDclSeqno: line_no, Whole, May;
        OriactGdsSeqno: ledger_item_no, Any, May;
        Gdecd: hs_code, Any, May;
        GdsNm: name, Any, May;
        DclQty: qty, Number, May;
        DclUnitcd: unit, Any, May;
        DclUprcAmt: price, Number, May;
        LicenceNo: licence_no, Any, May;
        ActlAreaoutQty: actual_out, Number, May;
        ActlAreainQty: actual_in, Number, May;
    }
}

table! {
    /// SAS111 出入库单.
    STOCK_NOTE: StockNote in "SasStockHead", extra extra {
        SasStockNo: note_no, Any, May;
        EtpsPreentNo: own_no, Any, May;
        SasDclNo: form_no, Any, May;
        StockTypecd: direction, Any, May;
        MasterCuscd: customs_code, Any, May;
        RltBondInvtNo: bonded_note_no, Any, May;
        BusinessTypecd: business_type, Any, May;
        CentralizedDclTypecd: centralised, Any, May;
        RltSasStockNo: related_note_no, Any, May;
        PackageQty: pieces, Any, May;
        GrossWt: gross_weight, Number, May;
        NetWt: net_weight, Number, May;
        PackType: pack_type, Any, May;
        PassportUsedTypecd: pass_use, Any, May;
        Stucd: state, Any, May;
        Rmk: note, Any, May;
    }
    children { many SasStockList: lines => STOCK_NOTE_LINE; }
}

table! {
    /// A line of SAS111.
    STOCK_NOTE_LINE: StockNoteLine, extra extra {
        SasStockSeqno: line_no, Whole, May;
        SasDclSeqno: form_line_no, Any, May;
        OriactGdsSeqno: ledger_item_no, Any, May;
        GdsMtno: item_no, Any, May;
        Gdecd: hs_code, Any, May;
        GdsNm: name, Any, May;
        DclUnitcd: unit, Any, May;
        DclQty: qty, Number, May;
        ActlPassQty: passed_qty, Number, May;
        PassportUsedQty: on_passes_qty, Number, May;
        RltGdsSeqno: related_line_no, Any, May;
    }
}

table! {
    /// BWS101 物流账册.
    LEDGER_FILING: LedgerFiling in "BwsHead", extra extra {
        BwsNo: ledger_no, Any, May;
        EtpsPreentNo: own_no, Any, May;
        BwlTypecd: site_class, Any, May;
        MasterCuscd: customs_code, Any, May;
        BizopEtpsno: operator.code, Any, May;
        BizopEtpsNm: operator.name, Any, May;
        BizopEtpsSccd: operator.credit_code, Any, May;
        DclEtpsno: declarant.code, Any, May;
        DclEtpsNm: declarant.name, Any, May;
        DclEtpsSccd: declarant.credit_code, Any, May;
        HouseNo: house_no, Any, May;
        HouseNm: house_name, Any, May;
        HouseArea: house_area, Any, May;
        HouseVolume: house_volume, Any, May;
        HouseAddress: house_address, Any, May;
        AppendTypecd: booking_mode, Any, May;
        UsageTypecd: usage_type, Any, May;
        FinishValidDate: valid_until, Date, May;
        PauseChgMarkcd: suspended_mark, Any, May;
        Rmk: note, Any, May;
    }
    children { many BwsDt: items => LEDGER_FILING_ITEM; }
}

table! {
    /// A line of BWS101: the set INV211 answers with, written with capitals.
    LEDGER_FILING_ITEM: LedgerFilingItem, extra item.extra {
        BwsNo: item.ledger_no, Any, May;
        ChgTmsCnt: item.change_count, Any, May;
        GdsSeqno: item.ledger_item_no, Any, May;
        InDate: item.in_date, TimeSpaced, May;
        GdsMtno: item.item_no, Any, May;
        Gdecd: item.hs_code, Any, May;
        GdsNm: item.name, Any, May;
        GdsSpcfModelDesc: item.model, Any, May;
        Natcd: item.origin, Any, May;
        DclUnitcd: item.unit, Any, May;
        LawfUnitcd: item.legal_unit, Any, May;
        SecdLawfUnitcd: item.second_legal_unit, Any, May;
        DclUprcAmt: item.price, Number, May;
        DclCurrcd: item.currency, Any, May;
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
        InvtNo: item.note_no, Any, May;
        InvtGNo: item.note_line_no, Any, May;
        CusmExeMarkcd: item.execution_mark, Any, May;
        Rmk: item.note, Any, May;
        ModfMarkcd: item.change_mark, Any, May;
    }
}

table! {
    /// EMS121 报核.
    RECONCILIATION: Reconciliation in "EmsHead", extra extra {
        EmsNo: ledger_no, Any, May;
        EtpsPreentNo: own_no, Any, May;
        DclTmsCnt: round, Any, May;
        DclTypecd: declaration_type, Any, May;
        BeginDate: from, Date, May;
        EndDate: to, Date, May;
        Rmk: note, Any, May;
    }
    children { many EmsList: lines => RECONCILIATION_LINE; }
}

table! {
    /// An item of EMS121.
    RECONCILIATION_LINE: ReconciliationLine, extra extra {
        GdsSeqno: ledger_item_no, Any, May;
        GdsMtno: item_no, Any, May;
        Gdecd: hs_code, Any, May;
        GdsNm: name, Any, May;
        DclUnitcd: unit, Any, May;
        BeginQty: opening_qty, Number, May;
        IncQty: in_qty, Number, May;
        RedcQty: out_qty, Number, May;
        ShouldRemainQty: expected_qty, Number, May;
        ActlRemainQty: actual_qty, Number, May;
        DiffQty: difference_qty, Number, May;
        DiffAmt: difference_amount, Number, May;
        DiffRate: difference_rate, Any, May;
        LossQty: lost_qty, Number, May;
        DestroyQty: destroyed_qty, Number, May;
        Rmk: note, Any, May;
    }
}
