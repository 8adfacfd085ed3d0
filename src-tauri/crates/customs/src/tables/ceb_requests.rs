//! Requests of the unified version: CEB311, 411, 511, 513, 621, 623, 625, 711.

use crate::codes::CodeTable::*;
use crate::leaf::Rule::*;
use crate::table::table;
use bondhouse_domain::customs::{
    ArrivalLine, ArrivalList, Cancellation, DeclarationLine, DeclarationList, Order, OrderLine,
    Payment, Refund, RefundLine, Waybill, WaybillStatus,
};

table! {
    /// CEB311. The buyer's telephone number is mandatory since 2018; `acturalPaid` is customs' own spelling.
    ORDER: Order in "OrderHead", extra extra {
        guid: filing.guid, C(36), Must;
        appType: filing.app_type, C(1), Must;
        appTime: filing.app_time, Time14, Must;
        appStatus: filing.app_status, Up(3), Must;
        orderType: order_type, C(1), Must;
        orderNo: order_no, Up(60), Key;
        ebpCode: ebp_code, Up(18), Key;
        ebpName: ebp_name, Up(100), Must;
        ebcCode: ebc_code, Up(18), Must;
        ebcName: ebc_name, Up(100), Must;
        goodsValue: goods_value, Number, Key;
        freight: freight, Number, Must;
        discount: discount, Number, Must;
        taxTotal: tax_total, Number, Must;
        acturalPaid: actual_paid, Number, Key;
        currency: currency, Code(Currency), Must;
        buyerRegNo: buyer_reg_no, Private(60), Must;
        buyerName: buyer_name, Name(60), Must;
        buyerTelephone: buyer_telephone, Phone(30), May;
        buyerIdType: buyer_id_type, C(1), Must;
        buyerIdNumber: buyer_id_number, Id(60), Must;
        payCode: pay_code, Up(18), May;
        payName: pay_name, Up(100), May;
        payTransactionId: pay_transaction_id, Up(60), May;
        batchNumbers: batch_numbers, Up(100), May;
        consignee: consignee, Name(100), Must;
        consigneeTelephone: consignee_telephone, Phone(50), Must;
        consigneeAddress: consignee_address, Address(200), Must;
        consigneeDistrict: consignee_district, C(6), May;
        note: note, Up(1000), May;
    }
    children { many OrderList: lines => ORDER_LINE; }
}

table! {
    /// A line of CEB311; `itemNo` is mandatory in bonded mode.
    ORDER_LINE: OrderLine, extra extra {
        gnum: gnum, Whole, Key;
        itemNo: item_no, Up(30), May;
        itemName: item_name, Up(250), Must;
        gmodel: gmodel, Up(250), May;
        itemDescribe: item_describe, Up(1000), May;
        barCode: bar_code, Up(50), May;
        unit: unit, Code(Unit), Must;
        qty: qty, Number, Key;
        price: price, Number, Must;
        totalPrice: total_price, Number, Key;
        currency: currency, Code(Currency), Must;
        country: country, Code(Country), Must;
        note: note, Up(1000), May;
    }
}

table! {
    /// CEB411.
    PAYMENT: Payment in "PaymentHead", extra extra {
        guid: filing.guid, C(36), Must;
        appType: filing.app_type, C(1), Must;
        appTime: filing.app_time, Time14, Must;
        appStatus: filing.app_status, Up(3), Must;
        payCode: pay_code, Up(18), Key;
        payName: pay_name, Up(100), Must;
        payTransactionId: pay_transaction_id, Up(60), Key;
        orderNo: order_no, Up(60), Key;
        ebpCode: ebp_code, Up(18), Must;
        ebpName: ebp_name, Up(100), Must;
        payerIdType: payer_id_type, C(1), Must;
        payerIdNumber: payer_id_number, Id(60), Must;
        payerName: payer_name, Name(60), Must;
        telephone: telephone, Phone(60), May;
        amountPaid: amount_paid, Number, Key;
        currency: currency, Code(Currency), Must;
        payTime: pay_time, Time14, Must;
        note: note, Up(1000), May;
    }
}

table! {
    /// CEB511. `orderNo` stands in the newer layout only.
    WAYBILL: Waybill in "LogisticsHead", extra extra {
        guid: filing.guid, C(36), Must;
        appType: filing.app_type, C(1), Must;
        appTime: filing.app_time, Time14, Must;
        appStatus: filing.app_status, Up(3), Must;
        logisticsCode: logistics_code, Up(18), Key;
        logisticsName: logistics_name, Up(100), Must;
        logisticsNo: logistics_no, Up(60), Key;
        billNo: bill_no, Up(37), May;
        orderNo: order_no, Up(60), May;
        freight: freight, Number, May;
        insuredFee: insured_fee, Number, May;
        currency: currency, Code(Currency), May;
        weight: weight, Number, Must;
        packNo: pack_no, Whole, Must;
        goodsInfo: goods_info, Up(200), May;
        consignee: consignee, Name(100), Must;
        consigneeAddress: consignee_address, Address(200), Must;
        consigneeTelephone: consignee_telephone, Phone(50), Must;
        note: note, Up(1000), May;
    }
}

table! {
    /// CEB513: the one request without a head wrapper besides CEB623.
    WAYBILL_STATUS: WaybillStatus, extra extra {
        guid: filing.guid, C(36), Must;
        appType: filing.app_type, C(1), Must;
        appTime: filing.app_time, Time14, Must;
        appStatus: filing.app_status, Up(3), Must;
        logisticsCode: logistics_code, Up(18), Key;
        logisticsName: logistics_name, Up(100), Must;
        logisticsNo: logistics_no, Up(60), Key;
        logisticsStatus: logistics_status, C(1), Key;
        logisticsTime: logistics_time, Time14, Must;
        note: note, Up(1000), May;
    }
}

table! {
    /// CEB621. `emsNo`, `areaCode` and `areaName` are mandatory in bonded mode (1210).
    DECLARATION: DeclarationList in "InventoryHead", extra extra {
        guid: filing.guid, C(36), Must;
        appType: filing.app_type, C(1), Must;
        appTime: filing.app_time, Time14, Must;
        appStatus: filing.app_status, Up(3), Must;
        orderNo: order_no, Up(60), Key;
        ebpCode: ebp_code, Up(18), Key;
        ebpName: ebp_name, Up(100), Must;
        ebcCode: ebc_code, Up(18), Must;
        ebcName: ebc_name, Up(100), Must;
        logisticsNo: logistics_no, Up(60), Key;
        logisticsCode: logistics_code, Up(18), Must;
        logisticsName: logistics_name, Up(100), Must;
        copNo: cop_no, Up(20), Must;
        preNo: pre_no, C(18), May;
        assureCode: assure_code, Up(30), Must;
        emsNo: ems_no, Up(30), May;
        invtNo: invt_no, C(18), May;
        ieFlag: ie_flag, C(1), Must;
        declTime: decl_time, Date, Must;
        customsCode: customs_code, Code(Office), Must;
        portCode: port_code, Code(Office), Must;
        ieDate: ie_date, Date, May;
        buyerIdType: buyer_id_type, C(1), Must;
        buyerIdNumber: buyer_id_number, Id(60), Must;
        buyerName: buyer_name, Name(60), Must;
        buyerTelephone: buyer_telephone, Phone(30), Must;
        consigneeAddress: consignee_address, Address(200), Must;
        agentCode: agent_code, Up(18), Must;
        agentName: agent_name, Up(100), Must;
        areaCode: area_code, Up(18), May;
        areaName: area_name, Up(100), May;
        tradeMode: trade_mode, C(4), Must;
        trafMode: traf_mode, C(1), Must;
        trafNo: traf_no, Up(100), May;
        voyageNo: voyage_no, Up(32), May;
        billNo: bill_no, Up(37), May;
        loctNo: loct_no, Up(10), May;
        licenseNo: license_no, Up(19), May;
        country: country, Code(Country), Must;
        freight: freight, Number, Must;
        insuredFee: insured_fee, Number, Must;
        currency: currency, Code(Currency), Must;
        wrapType: wrap_type, C(1), May;
        packNo: pack_no, Whole, Must;
        grossWeight: gross_weight, Number, Must;
        netWeight: net_weight, Number, Must;
        note: note, Up(1000), May;
    }
    children { many InventoryList: lines => DECLARATION_LINE; }
}

table! {
    /// A line of CEB621; `itemRecordNo` and `itemNo` are mandatory in bonded mode.
    DECLARATION_LINE: DeclarationLine, extra extra {
        gnum: gnum, Whole, Key;
        itemRecordNo: item_record_no, Up(30), May;
        itemNo: item_no, Up(30), May;
        itemName: item_name, Up(250), May;
        gcode: gcode, C(10), Must;
        gname: gname, Up(250), Must;
        gmodel: gmodel, Up(250), Must;
        barCode: bar_code, Up(50), May;
        country: country, Code(Country), Must;
        tradeCountry: trade_country, Code(Country), May;
        currency: currency, Code(Currency), Must;
        qty: qty, Number, Key;
        unit: unit, Code(Unit), Must;
        qty1: qty1, Number, Must;
        unit1: unit1, Code(Unit), Must;
        qty2: qty2, Number, May;
        unit2: unit2, Code(Unit), May;
        price: price, Number, Must;
        totalPrice: total_price, Number, Key;
        note: note, Up(1000), May;
    }
}

table! {
    /// CEB623.
    CANCELLATION: Cancellation, extra extra {
        guid: filing.guid, C(36), Must;
        appType: filing.app_type, C(1), Must;
        appTime: filing.app_time, Time14, Must;
        appStatus: filing.app_status, Up(3), Must;
        customsCode: customs_code, Code(Office), Must;
        orderNo: order_no, Up(60), Must;
        ebpCode: ebp_code, Up(18), Must;
        ebpName: ebp_name, Up(100), Must;
        ebcCode: ebc_code, Up(18), Must;
        ebcName: ebc_name, Up(100), Must;
        logisticsNo: logistics_no, Up(60), Must;
        logisticsCode: logistics_code, Up(18), Must;
        logisticsName: logistics_name, Up(100), Must;
        copNo: cop_no, Up(20), May;
        preNo: pre_no, C(18), May;
        invtNo: invt_no, C(18), Key;
        buyerIdType: buyer_id_type, C(1), Must;
        buyerIdNumber: buyer_id_number, Id(60), Must;
        buyerName: buyer_name, Name(60), Must;
        buyerTelephone: buyer_telephone, Phone(30), Must;
        agentCode: agent_code, Up(18), Must;
        agentName: agent_name, Up(100), Must;
        reason: reason, Up(1000), Must;
        note: note, Up(1000), May;
    }
}

table! {
    /// CEB625: CEB623's head in a wrapper, and lines. No genuine sample: layout unverified.
    REFUND: Refund in "InvtRefundHead", extra head.extra {
        guid: head.filing.guid, C(36), Must;
        appType: head.filing.app_type, C(1), Must;
        appTime: head.filing.app_time, Time14, Must;
        appStatus: head.filing.app_status, Up(3), Must;
        customsCode: head.customs_code, Code(Office), Must;
        orderNo: head.order_no, Up(60), Must;
        ebpCode: head.ebp_code, Up(18), Must;
        ebpName: head.ebp_name, Up(100), Must;
        ebcCode: head.ebc_code, Up(18), Must;
        ebcName: head.ebc_name, Up(100), Must;
        logisticsNo: head.logistics_no, Up(60), Must;
        logisticsCode: head.logistics_code, Up(18), Must;
        logisticsName: head.logistics_name, Up(100), Must;
        copNo: head.cop_no, Up(20), May;
        preNo: head.pre_no, C(18), May;
        invtNo: head.invt_no, C(18), Key;
        buyerIdType: head.buyer_id_type, C(1), Must;
        buyerIdNumber: head.buyer_id_number, Id(60), Must;
        buyerName: head.buyer_name, Name(60), Must;
        buyerTelephone: head.buyer_telephone, Phone(30), Must;
        agentCode: head.agent_code, Up(18), Must;
        agentName: head.agent_name, Up(100), Must;
        reason: head.reason, Up(1000), Must;
        note: head.note, Up(1000), May;
    }
    children { many InvtRefundList: lines => REFUND_LINE; }
}

table! {
    /// A line of CEB625.
    REFUND_LINE: RefundLine, extra extra {
        gnum: gnum, Whole, Key;
        gcode: gcode, C(10), Must;
        gname: gname, Up(250), Must;
        qty: qty, Number, Key;
        unit: unit, Code(Unit), Must;
        note: note, Up(1000), May;
    }
}

table! {
    /// CEB711.
    ARRIVAL: ArrivalList in "DeliveryHead", extra extra {
        guid: filing.guid, C(36), Must;
        appType: filing.app_type, C(1), Must;
        appTime: filing.app_time, Time14, Must;
        appStatus: filing.app_status, Up(3), Must;
        customsCode: customs_code, Code(Office), Must;
        copNo: cop_no, Up(20), Must;
        preNo: pre_no, C(18), May;
        rkdNo: rkd_no, C(18), May;
        operatorCode: operator_code, Up(18), Must;
        operatorName: operator_name, Up(100), Must;
        ieFlag: ie_flag, C(1), Must;
        trafMode: traf_mode, C(1), Must;
        trafNo: traf_no, Up(100), Must;
        voyageNo: voyage_no, Up(32), Must;
        billNo: bill_no, Up(37), Must;
        logisticsCode: logistics_code, Up(18), Must;
        logisticsName: logistics_name, Up(100), Must;
        unloadLocation: unload_location, Up(100), May;
        note: note, Up(1000), May;
    }
    children { many DeliveryList: lines => ARRIVAL_LINE; }
}

table! {
    /// A parcel of CEB711.
    ARRIVAL_LINE: ArrivalLine, extra extra {
        gnum: gnum, Whole, Key;
        logisticsNo: logistics_no, Up(60), Key;
        note: note, Up(1000), May;
    }
}
