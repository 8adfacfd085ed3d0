//! What customs sends in the unified version: receipts, tax bills, format errors.
//!
//! Lengths are not measured: real receipts carry numbers of 17 and 21 characters.

use crate::leaf::Rule::*;
use crate::table::table;
use bondhouse_domain::customs::{Receipt, TaxBill, TaxBillLine, TaxBillStatus};

table! {
    /// CEB312.
    ORDER_RETURN: Receipt, extra extra {
        guid: guid, Any, Must;
        ebpCode: ebp_code, Any, Must;
        ebcCode: ebc_code, Any, Must;
        orderNo: order_no, Any, Key;
        returnStatus: return_status, Any, Key;
        returnTime: return_time, Time17, Must;
        returnInfo: return_info, Any, May;
    }
}

table! {
    /// CEB412.
    PAYMENT_RETURN: Receipt, extra extra {
        guid: guid, Any, Must;
        payCode: pay_code, Any, Must;
        payTransactionId: pay_transaction_id, Any, Key;
        returnStatus: return_status, Any, Key;
        returnTime: return_time, Time17, Must;
        returnInfo: return_info, Any, May;
    }
}

table! {
    /// CEB512.
    WAYBILL_RETURN: Receipt, extra extra {
        guid: guid, Any, Must;
        logisticsCode: logistics_code, Any, Must;
        logisticsNo: logistics_no, Any, Key;
        returnStatus: return_status, Any, Key;
        returnTime: return_time, Time17, Must;
        returnInfo: return_info, Any, May;
    }
}

table! {
    /// CEB514.
    WAYBILL_STATUS_RETURN: Receipt, extra extra {
        guid: guid, Any, Must;
        logisticsCode: logistics_code, Any, Must;
        logisticsNo: logistics_no, Any, Key;
        logisticsStatus: logistics_status, Any, Must;
        returnStatus: return_status, Any, Key;
        returnTime: return_time, Time17, Must;
        returnInfo: return_info, Any, May;
    }
}

table! {
    /// CEB622. A first refusal may come before the port gave any number.
    DECLARATION_RETURN: Receipt, extra extra {
        guid: guid, Any, Must;
        customsCode: customs_code, Any, Must;
        ebpCode: ebp_code, Any, Must;
        ebcCode: ebc_code, Any, May;
        agentCode: agent_code, Any, Must;
        copNo: cop_no, Any, Must;
        preNo: pre_no, Any, May;
        invtNo: invt_no, Any, May;
        returnStatus: return_status, Any, Key;
        returnTime: return_time, Time17, Must;
        returnInfo: return_info, Any, May;
    }
}

table! {
    /// CEB624. Its order of codes differs from CEB622's.
    CANCELLATION_RETURN: Receipt, extra extra {
        guid: guid, Any, Must;
        customsCode: customs_code, Any, Must;
        agentCode: agent_code, Any, Must;
        ebpCode: ebp_code, Any, Must;
        ebcCode: ebc_code, Any, May;
        copNo: cop_no, Any, May;
        preNo: pre_no, Any, May;
        invtNo: invt_no, Any, Must;
        returnStatus: return_status, Any, Key;
        returnTime: return_time, Time17, Must;
        returnInfo: return_info, Any, May;
    }
}

table! {
    /// CEB626.
    REFUND_RETURN: Receipt, extra extra {
        guid: guid, Any, Must;
        customsCode: customs_code, Any, Must;
        agentCode: agent_code, Any, Must;
        ebpCode: ebp_code, Any, Must;
        ebcCode: ebc_code, Any, May;
        copNo: cop_no, Any, May;
        preNo: pre_no, Any, May;
        invtNo: invt_no, Any, Must;
        returnStatus: return_status, Any, Key;
        returnTime: return_time, Time17, Must;
        returnInfo: return_info, Any, May;
    }
}

table! {
    /// CEB712.
    ARRIVAL_RETURN: Receipt, extra extra {
        guid: guid, Any, Must;
        customsCode: customs_code, Any, Must;
        operatorCode: operator_code, Any, Must;
        copNo: cop_no, Any, Must;
        preNo: pre_no, Any, May;
        rkdNo: rkd_no, Any, May;
        returnStatus: return_status, Any, Key;
        returnTime: return_time, Time17, Must;
        returnInfo: return_info, Any, May;
    }
}

table! {
    /// CEB900.
    FORMAT_ERROR: Receipt, extra extra {
        guid: guid, Any, Must;
        returnStatus: return_status, Any, Key;
        returnTime: return_time, Time17, Must;
        returnInfo: return_info, Any, May;
        oriCopMsgId: ori_cop_msg_id, Any, May;
        oriMessageType: ori_message_type, Any, May;
        oriBizMessage: ori_biz_message, Private(usize::MAX), May;
    }
}

table! {
    /// CEB816.
    TAX_BILL: TaxBill in "TaxHeadRd", extra extra {
        guid: guid, Any, Must;
        returnTime: return_time, Time17, Must;
        invtNo: invt_no, Any, Key;
        taxNo: tax_no, Any, Key;
        customsTax: customs_tax, Number, Must;
        valueAddedTax: value_added_tax, Number, Must;
        consumptionTax: consumption_tax, Number, Must;
        status: status, Any, Must;
        entDutyNo: ent_duty_no, Any, May;
        note: note, Any, May;
        assureCode: assure_code, Any, May;
        ebcCode: ebc_code, Any, May;
        logisticsCode: logistics_code, Any, May;
        agentCode: agent_code, Any, May;
        customsCode: customs_code, Any, May;
        orderNo: order_no, Any, May;
        logisticsNo: logistics_no, Any, May;
    }
    children { many TaxListRd: lines => TAX_BILL_LINE; }
}

table! {
    /// A line of CEB816.
    TAX_BILL_LINE: TaxBillLine, extra extra {
        gnum: gnum, Whole, Key;
        gcode: gcode, Any, Must;
        taxPrice: tax_price, Number, Must;
        customsTax: customs_tax, Number, Must;
        valueAddedTax: value_added_tax, Number, Must;
        consumptionTax: consumption_tax, Number, Must;
    }
}

table! {
    /// CEB818.
    TAX_BILL_STATUS: TaxBillStatus in "TaxHeadStatus", extra extra {
        guid: guid, Any, Must;
        returnTime: return_time, Time17, Must;
        invtNo: invt_no, Any, Must;
        taxNo: tax_no, Any, Key;
        status: status, Any, Key;
        entDutyNo: ent_duty_no, Any, May;
        assureCode: assure_code, Any, May;
    }
}
