-- What customs answered instead of a release to the same orders: refusals, holds and stops. SQLite keeps the order
-- of a CROSS JOIN: the period's orders first, or a day's statistic would read every receipt there is.
SELECT o.received_at, o.owner, o.district, r.status, r.info, o.platform, o.order_no
FROM orders AS o
CROSS JOIN declarations AS d
CROSS JOIN receipts AS r
WHERE o.warehouse = ?1 AND o.received_at >= ?2 AND o.received_at < ?3 AND (?4 = '' OR o.owner = ?4)
  AND d.warehouse = o.warehouse AND d.platform = o.platform AND d.order_no = o.order_no
  AND r.warehouse = d.warehouse AND r.cop_no = d.cop_no AND r.answers = 'list'
  AND (r.status IN ('100', '500', '501', '502', '503', '599', '600', '700') OR r.status LIKE '-%')
