-- Orders, each whole.
SELECT o.received_at, o.owner, o.district, o.pieces, o.goods_value, o.tax_total, o.state, o.cleared_at - o.declared_at,
    (SELECT coalesce(sum(b.customs_tax + b.value_added_tax + b.consumption_tax), 0) FROM tax_bills AS b
     WHERE b.warehouse = o.warehouse AND b.declaration_no = o.declaration_no AND b.status <> '3'),
    o.platform, o.order_no
FROM orders AS o
WHERE o.warehouse = ?1 AND o.received_at >= ?2 AND o.received_at < ?3 AND (?4 = '' OR o.owner = ?4)
