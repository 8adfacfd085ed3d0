-- Orders that a number names in any way.
SELECT platform, order_no FROM orders
WHERE warehouse = ?1 AND owner LIKE ?3 AND (order_no = ?2 OR waybill_no = ?2 OR declaration_no = ?2 OR cop_no = ?2)
UNION
SELECT o.platform, o.order_no
FROM payments AS p
JOIN orders AS o ON o.warehouse = p.warehouse AND o.platform = p.platform AND o.order_no = p.order_no
WHERE p.warehouse = ?1 AND p.transaction_id = ?2 AND o.owner LIKE ?3
UNION
SELECT d.platform, d.order_no
FROM declarations AS d
JOIN orders AS o ON o.warehouse = d.warehouse AND o.platform = d.platform AND o.order_no = d.order_no
WHERE d.warehouse = ?1 AND (d.cop_no = ?2 OR d.declaration_no = ?2 OR d.pre_no = ?2) AND o.owner LIKE ?3
LIMIT ?4
