-- Customs' bills for the same orders, line by line; one whose lines customs did not name once, without a line.
SELECT o.platform, o.order_no, b.tax_no, b.customs_tax + b.value_added_tax + b.consumption_tax, t.gnum,
    t.customs_tax + t.value_added_tax + t.consumption_tax
FROM orders AS o
JOIN tax_bills AS b ON b.warehouse = o.warehouse AND b.declaration_no = o.declaration_no AND b.status <> '3'
LEFT JOIN tax_bill_lines AS t ON t.warehouse = b.warehouse AND t.tax_no = b.tax_no
WHERE o.warehouse = ?1 AND o.received_at >= ?2 AND o.received_at < ?3 AND (?4 = '' OR o.owner = ?4)
