//! Gate passes: SAS121 and its answers. SAS221, 223 and 224 share one shape; the two-step 251 and 253
//! name the pass otherwise and add the entries it carries.

use super::bonded_note::APPROVAL;
use crate::codes::CodeTable::*;
use crate::leaf::Rule::*;
use crate::table::table;
use bondhouse_domain::customs::{
    EntryOnPass, GatePass, GatePassBill, GatePassLine, GatePassReceipt, GatePassState,
};

table! {
    /// SAS121. For types 5 and 6 binding and related documents must be empty.
    GATE_PASS: GatePass in "PassportHead", extra extra {
        SeqNo: seq_no, Up(18), May;
        PassportNo: pass_no, Up(64), May;
        PassportTypecd: pass_type, C(1), Key;
        MasterCuscd: customs_code, Code(Office), Must;
        DclTypecd: declaration_type, C(1), Must;
        IoTypecd: direction, C(1), Key;
        BindTypecd: binding, Up(1), May;
        RltTbTypecd: related_type, Up(1), May;
        RltNo: related_no, Up(4000), May;
        AreainOriactNo: area_ledger_no, Up(64), May;
        AreainEtpsno: area.code, Up(10), Must;
        AreainEtpsNm: area.name, Up(512), Must;
        AreainEtpsSccd: area.credit_code, Up(18), May;
        VehicleNo: vehicle_no, Up(32), Must;
        VehicleIcNo: vehicle_card_no, Up(32), May;
        VehicleWt: vehicle_weight, Number, Must;
        VehicleFrameNo: frame_no, Up(32), May;
        VehicleFrameWt: frame_weight, Number, May;
        ContainerNo: container_no, Up(32), May;
        ContainerWt: container_weight, Number, May;
        ContainerType: container_type, Up(4), May;
        TotalWt: total_weight, Number, Must;
        TotalGrossWt: total_gross_weight, Number, May;
        TotalNetWt: total_net_weight, Number, May;
        DclErConc: applicant, Private(255), Must;
        DclTime: declared_on, Date, May;
        DclEtpsno: declarant.code, Up(10), Must;
        DclEtpsNm: declarant.name, Up(512), Must;
        DclEtpsSccd: declarant.credit_code, Up(18), May;
        InputCode: inputter.code, Up(10), May;
        InputSccd: inputter.credit_code, Up(18), May;
        InputName: inputter.name, Up(512), May;
        EtpsPreentNo: own_no, Up(64), Key;
        Rmk: note, Up(4000), May;
    }
    children {
        many PassportList: lines => GATE_PASS_LINE;
        many PassportAcmp: bills => GATE_PASS_BILL;
    }
    after {
        OperCusRegCode: operator_registration, Up(10), May;
    }
}

table! {
    /// Goods of SAS121, for one bill on many vehicles.
    GATE_PASS_LINE: GatePassLine, extra extra {
        PassportSeqNo: line_no, Whole, Key;
        RltGdsSeqno: related_line_no, Up(19), May;
        GdsMtno: item_no, Up(32), Must;
        Gdecd: hs_code, Up(10), Must;
        GdsNm: name, Up(512), Must;
        DclUnitcd: unit, Code(Unit), Must;
        DclQty: qty, Number, Key;
        GrossWt: gross_weight, Number, May;
        NetWt: net_weight, Number, May;
    }
}

table! {
    /// A document carried; `Rtl` is customs' own spelling.
    GATE_PASS_BILL: GatePassBill, extra extra {
        RtlBillTypecd: kind, Up(4), Must;
        RtlBillNo: no, Up(64), Key;
    }
}

table! {
    /// SAS221, 223, 224.
    GATE_PASS_RECEIPT: GatePassReceipt, extra extra {}
    children {
        one HdeApprResult: approval => APPROVAL;
        part CheckInfo: check_note => CHECK_INFO;
        maybe SasPassportBsc: state => GATE_PASS_STATE;
    }
}

table! {
    /// SAS251, 253.
    TWO_STEP_RECEIPT: GatePassReceipt, extra extra {}
    children {
        one HdeApprResult: approval => APPROVAL;
        part CheckInfo: check_note => CHECK_INFO;
        maybe Sas2stepPassportBsc: state => GATE_PASS_STATE;
        many Sas2stepPassportRlt: entries => ENTRY_ON_PASS;
    }
}

table! {
    /// An entry on a two-step pass.
    ENTRY_ON_PASS: EntryOnPass, extra extra {
        passportNo: pass_no, Any, May;
        entryId: entry_no, Any, Must;
    }
}

table! {
    /// What the check said.
    CHECK_INFO: GatePassReceipt part "CheckInfo", extra extra {
        note: check_note, Any, May;
    }
}

table! {
    /// The pass as customs holds it.
    GATE_PASS_STATE: GatePassState, extra extra {
        passportNo: pass_no, Any, Must;
        chgTmsCnt: change_count, Any, May;
        passportTypecd: pass_type, Any, May;
        sasPassportPreentNo: seq_no, Any, May;
        dclTypecd: declaration_type, Any, May;
        ioTypecd: direction, Any, May;
        bindTypecd: binding, Any, May;
        masterCuscd: customs_code, Any, May;
        rltTbTypecd: related_type, Any, May;
        rltNo: related_no, Any, May;
        areainEtpsno: area.code, Any, May;
        areainEtpsNm: area.name, Any, May;
        areainEtpsSccd: area.credit_code, Any, May;
        vehicleNo: vehicle_no, Any, May;
        vehicleIcNo: vehicle_card_no, Any, May;
        containerNo: container_no, Any, May;
        vehicleWt: vehicle_weight, Number, May;
        vehicleFrameNo: frame_no, Any, May;
        vehicleFrameWt: frame_weight, Number, May;
        containerType: container_type, Any, May;
        containerWt: container_weight, Number, May;
        totalWt: total_weight, Number, May;
        passCollectWt: weighed, Number, May;
        wtError: weight_error, Number, May;
        totalGrossWt: total_gross_weight, Number, May;
        totalNetWt: total_net_weight, Number, May;
        dclErConc: applicant, Private(usize::MAX), May;
        dclTime: declared_at, TimeSpaced, May;
        passID: gate_id, Any, May;
        secdPassId: second_gate_id, Any, May;
        passTime: passed_at, TimeSpaced, May;
        secdPassTime: second_passed_at, TimeSpaced, May;
        stucd: state, Any, May;
        emapvMarkcd: approval_mark, Any, May;
        logisticsStucd: logistics_state, Any, May;
        ownerSystem: owner_system, Any, May;
        rmk: note, Any, May;
        col1: params.first, Any, May;
        col2: params.second, Any, May;
        col3: params.third, Any, May;
        col4: params.fourth, Any, May;
    }
}
