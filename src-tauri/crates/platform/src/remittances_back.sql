-- What institutions say went back to buyers on its own account: parts of a payment, and what was left when
-- a trade was closed. What follows from a cancellation or a return stands in the statement as due already.
SELECT f.pay_code, f.transaction_id, p.platform, p.order_no, f.received_at, f.amount
FROM payment_refunds AS f
JOIN payments AS p ON p.warehouse = f.warehouse AND p.pay_code = f.pay_code AND p.transaction_id = f.transaction_id
JOIN orders AS o ON o.warehouse = p.warehouse AND o.platform = p.platform AND o.order_no = p.order_no
WHERE f.warehouse = ?1 AND o.owner = ?2 AND f.received_at >= ?3 AND f.received_at < ?4
    AND coalesce(o.cancelled_at, f.received_at + 1) > f.received_at
    AND NOT EXISTS (
        SELECT 1 FROM returns AS r
        WHERE r.warehouse = o.warehouse AND r.platform = o.platform AND r.order_no = o.order_no
            AND r.state NOT IN ('refused', 'late') AND r.applied_at <= f.received_at
    )
UNION ALL
SELECT c.pay_code, c.transaction_id, p.platform, p.order_no, c.closed_at, NULL
FROM closed_trades AS c
JOIN payments AS p ON p.warehouse = c.warehouse AND p.pay_code = c.pay_code AND p.transaction_id = c.transaction_id
JOIN orders AS o ON o.warehouse = p.warehouse AND o.platform = p.platform AND o.order_no = p.order_no
WHERE c.warehouse = ?1 AND o.owner = ?2 AND c.closed_at >= ?3 AND c.closed_at < ?4
    AND coalesce(o.cancelled_at, c.closed_at + 1) > c.closed_at
    AND NOT EXISTS (
        SELECT 1 FROM returns AS r
        WHERE r.warehouse = o.warehouse AND r.platform = o.platform AND r.order_no = o.order_no
            AND r.state NOT IN ('refused', 'late') AND r.applied_at <= c.closed_at
    )
ORDER BY 5, 1, 2
LIMIT ?5
