-- Orders that a number names in any way.
SELECT platform, order_no FROM orders
WHERE warehouse = ?1 AND (?3 = '' OR owner = ?3)
    AND (order_no = ?2 OR waybill_no = ?2 OR declaration_no = ?2 OR cop_no = ?2)
UNION
SELECT o.platform, o.order_no
FROM payments AS p
JOIN orders AS o ON o.warehouse = p.warehouse AND o.platform = p.platform AND o.order_no = p.order_no
WHERE p.warehouse = ?1 AND p.transaction_id = ?2 AND (?3 = '' OR o.owner = ?3)
UNION
SELECT d.platform, d.order_no
FROM declarations AS d
JOIN orders AS o ON o.warehouse = d.warehouse AND o.platform = d.platform AND o.order_no = d.order_no
WHERE d.warehouse = ?1 AND (d.cop_no = ?2 OR d.declaration_no = ?2 OR d.pre_no = ?2) AND (?3 = '' OR o.owner = ?3)
UNION
SELECT r.platform, r.order_no FROM returns AS r
WHERE r.warehouse = ?1 AND (r.return_no = ?2 OR r.number = ?2) AND (?3 = '' OR r.owner = ?3)
UNION
SELECT o.platform, o.order_no
FROM tax_bills AS b
JOIN orders AS o ON o.warehouse = b.warehouse AND o.declaration_no = b.declaration_no
WHERE b.warehouse = ?1 AND b.tax_no = ?2 AND (?3 = '' OR o.owner = ?3)
LIMIT ?4
