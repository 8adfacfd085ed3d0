//! What the comparison may say. `left` is whose word counts, `right` what was checked.

crate::messages! {
    yes {}
    no {
        /// A paper is not there yet.
        paper_missing(paper) = "comparison.paper_missing";
        /// Order numbers differ.
        order_no(left, right) = "comparison.order_no";
        /// E-commerce platforms differ.
        platform(left, right) = "comparison.platform";
        /// Merchants differ.
        merchant(left, right) = "comparison.merchant";
        /// The payer's name is not the buyer's.
        payer_name(left, right) = "comparison.payer_name";
        /// The payer's identity number is not the buyer's.
        payer_id(left, right) = "comparison.payer_id";
        /// The list's buyer has another name than the order's.
        buyer_name(left, right) = "comparison.buyer_name";
        /// The list's buyer has another identity number than the order's.
        buyer_id(left, right) = "comparison.buyer_id";
        /// The identity number cannot be right.
        id_number(left, right) = "comparison.id_number";
        /// The buyer's identity was not verified.
        identity(left, right) = "comparison.identity";
        /// What was paid is not what the order says was paid.
        amount_paid(left, right) = "comparison.amount_paid";
        /// Payment firms differ.
        payment_firm(left, right) = "comparison.payment_firm";
        /// Payment numbers differ.
        payment_no(left, right) = "comparison.payment_no";
        /// The order's own sum is wrong.
        paid_sum(left, right) = "comparison.paid_sum";
        /// The lines do not add up to the price of the goods.
        goods_sum(left, right) = "comparison.goods_sum";
        /// Price times quantity is not the line's total.
        line_total(line, left, right) = "comparison.line_total";
        /// The tax withheld is not the tax due.
        tax_total(left, right) = "comparison.tax_total";
        /// Another currency than yuan.
        currency(left, right) = "comparison.currency";
        /// Above the limit of one transaction.
        transaction_limit(left, right) = "comparison.transaction_limit";
        /// Above the buyer's limit of the year.
        annual_limit(left, right) = "comparison.annual_limit";
        /// The tax guarantee does not suffice.
        guarantee(left, right) = "comparison.guarantee";
        /// A line of the order is not on the list.
        line_missing(line) = "comparison.line_missing";
        /// A line of the list is not in the order.
        line_extra(line) = "comparison.line_extra";
        /// Two lines carry the same number.
        line_twice(line) = "comparison.line_twice";
        /// A line says something else on the list than in the order.
        line_differs(line, field, left, right) = "comparison.line_differs";
        /// A field the bonded mode asks for is empty.
        bonded_field(field) = "comparison.bonded_field";
        /// Nobody here keeps a ledger of this number.
        ledger_no(left, right) = "comparison.ledger_no";
        /// The ledger has no such item.
        ledger_item(line, right) = "comparison.ledger_item";
        /// The ledger counts the item in another unit.
        ledger_unit(line, left, right) = "comparison.ledger_unit";
        /// The ledger holds another merchant's item under this number.
        ledger_goods(line, left, right) = "comparison.ledger_goods";
        /// The ledger holds too little.
        ledger_short(line, left, right) = "comparison.ledger_short";
        /// The second legal quantity and its unit do not come together.
        legal_quantity(line) = "comparison.legal_quantity";
        /// Waybill numbers differ.
        waybill_no(left, right) = "comparison.waybill_no";
        /// Carriers differ.
        carrier(left, right) = "comparison.carrier";
        /// Consignees differ.
        consignee(left, right) = "comparison.consignee";
        /// The consignee's telephone numbers differ.
        consignee_phone(left, right) = "comparison.consignee_phone";
        /// Addresses differ.
        address(left, right) = "comparison.address";
        /// The list declares another freight than the carrier charged.
        freight(left, right) = "comparison.freight";
        /// The list declares another insurance than the carrier charged.
        insurance(left, right) = "comparison.insurance";
        /// Net weight above gross, or nothing.
        weights(left, right) = "comparison.weights";
        /// The carrier weighed something else.
        weighed(left, right) = "comparison.weighed";
        /// Not one piece.
        pieces(left, right) = "comparison.pieces";
    }
}
