//! Headings of the template by which merchants write orders, as far as an order cannot do without them.

pub(crate) const HEADINGS: [&str; 20] = [
    "订单编号",
    "电商平台代码",
    "电商平台名称",
    "电商企业代码",
    "电商企业名称",
    "订购人注册号",
    "订购人姓名",
    "订购人身份证号码",
    "订购人电话",
    "收货人姓名",
    "收货人电话",
    "收件地址",
    "运杂费",
    "代扣税款",
    "企业商品名称",
    "企业商品货号",
    "商品规格型号",
    "数量",
    "计量单位",
    "总价",
];
