//! The two templates: which heading fills which element, and how it must look.
//!
//! Headings are those of the templates merchants really use. A column whose heading is not here (the
//! template of orders has five that no message carries) is passed over and told; the order of columns does not matter.

use crate::codes::CodeTable::*;
use crate::leaf::Rule::*;
use crate::table::{Field, field};
use bondhouse_domain::customs::{DeclarationLine, DeclarationList, Order, OrderLine};

/// One heading.
pub(super) struct Column<T: 'static> {
    pub(super) heading: &'static str,
    pub(super) field: Field<T>,
}

/// One template: columns of the document, the same in all its rows, and columns of the line.
pub(super) struct Template<D: 'static, L: 'static> {
    pub(super) document: &'static [Column<D>],
    pub(super) line: &'static [Column<L>],
}

macro_rules! columns {
    ($type:ident: $($heading:literal $element:ident: $path:ident, $rule:expr, $need:ident;)*) => {
        &[$(Column { heading: $heading, field: field!($type, $element, ($path), $rule, $need) }),*]
    };
}

/// The heading both templates begin with.
pub(super) const NUMBER: &str = "订单编号";

pub(super) static ORDERS: Template<Order, OrderLine> = Template {
    document: columns! { Order:
        "订单编号" orderNo: order_no, Up(60), Key;
        "商品批次号" batchNumbers: batch_numbers, Up(100), May;
        "电商平台代码" ebpCode: ebp_code, Up(18), Key;
        "电商平台名称" ebpName: ebp_name, Up(100), Must;
        "电商企业代码" ebcCode: ebc_code, Up(18), Must;
        "电商企业名称" ebcName: ebc_name, Up(100), Must;
        "订购人注册号" buyerRegNo: buyer_reg_no, Private(60), Must;
        "订购人姓名" buyerName: buyer_name, Name(60), Must;
        "订购人身份证号码" buyerIdNumber: buyer_id_number, Id(60), Must;
        "订购人电话" buyerTelephone: buyer_telephone, Phone(30), Must;
        "收货人姓名" consignee: consignee, Name(100), Must;
        "收货人电话" consigneeTelephone: consignee_telephone, Phone(50), Must;
        "收件地址" consigneeAddress: consignee_address, Address(200), Must;
        "运杂费" freight: freight, Number, May;
        "非现金抵扣金额" discount: discount, Number, May;
        "代扣税款" taxTotal: tax_total, Number, May;
    },
    line: columns! { OrderLine:
        "企业商品名称" itemName: item_name, Up(250), Must;
        "企业商品货号" itemNo: item_no, Up(30), Must;
        "商品规格型号" gmodel: gmodel, Up(250), Must;
        "数量" qty: qty, Number, Key;
        "计量单位" unit: unit, Code(Unit), Must;
        "总价" totalPrice: total_price, Number, Key;
        "原产国代码" country: country, Code(Country), May;
        "备注" note: note, Up(1000), May;
    },
};

pub(super) static LISTS: Template<DeclarationList, DeclarationLine> = Template {
    document: columns! { DeclarationList:
        "订单编号" orderNo: order_no, Up(60), Key;
        "电商平台代码" ebpCode: ebp_code, Up(18), Key;
        "电商平台名称" ebpName: ebp_name, Up(100), Must;
        "物流运单编号" logisticsNo: logistics_no, Up(60), Key;
        "物流企业代码" logisticsCode: logistics_code, Up(18), Must;
        "物流企业名称" logisticsName: logistics_name, Up(100), Must;
        "进境关别" portCode: port_code, Code(Office), Must;
        "申报地海关代码" customsCode: customs_code, Code(Office), Must;
        "毛重" grossWeight: gross_weight, Number, Must;
        "净重" netWeight: net_weight, Number, Must;
        "订购人证件号码" buyerIdNumber: buyer_id_number, Id(60), Must;
        "订购人姓名" buyerName: buyer_name, Name(60), Must;
        "订购人电话" buyerTelephone: buyer_telephone, Phone(30), Must;
        "收件地址" consigneeAddress: consignee_address, Address(200), Must;
        "运输方式代码" trafMode: traf_mode, C(1), Must;
        "运费" freight: freight, Number, May;
        "保费" insuredFee: insured_fee, Number, May;
        "包装种类代码" wrapType: wrap_type, Up(1), May;
    },
    line: columns! { DeclarationLine:
        "账册备案料号" itemNo: item_no, Up(30), Must;
        "商品编码" gcode: gcode, C(10), Must;
        "商品名称" gname: gname, Up(250), Must;
        "商品规格型号" gmodel: gmodel, Up(250), Must;
        "数量" qty: qty, Number, Key;
        "计量单位" unit: unit, Code(Unit), Must;
        "法定数量" qty1: qty1, Number, Must;
        "法定单位" unit1: unit1, Code(Unit), Must;
        "第二法定数量" qty2: qty2, Number, May;
        "第二法定单位" unit2: unit2, Code(Unit), May;
        "总价" totalPrice: total_price, Number, Key;
        "原产国代码" country: country, Code(Country), Must;
        "备注" note: note, Up(1000), May;
    },
};
