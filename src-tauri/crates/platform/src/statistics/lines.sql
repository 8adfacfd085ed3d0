-- The lines of the same orders.
SELECT o.platform, o.order_no, l.gnum, l.chapter, l.pieces, l.goods_value, l.tax
FROM orders AS o
JOIN order_lines AS l ON l.warehouse = o.warehouse AND l.platform = o.platform AND l.order_no = o.order_no
WHERE o.warehouse = ?1 AND o.received_at >= ?2 AND o.received_at < ?3 AND (?4 = '' OR o.owner = ?4)
ORDER BY o.platform, o.order_no, l.line
