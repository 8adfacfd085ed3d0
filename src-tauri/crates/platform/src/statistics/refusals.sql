-- What customs answered instead of a release to the same orders: refusals, holds and stops.
SELECT o.received_at, o.owner, o.district, r.status, r.info, o.platform, o.order_no
FROM receipts AS r
JOIN declarations AS d ON d.warehouse = r.warehouse AND d.cop_no = r.cop_no
JOIN orders AS o ON o.warehouse = d.warehouse AND o.platform = d.platform AND o.order_no = d.order_no
WHERE r.warehouse = ?1 AND o.received_at >= ?2 AND o.received_at < ?3 AND (?4 = '' OR o.owner = ?4) AND r.answers = 'list'
  AND (r.status IN ('100', '500', '501', '502', '503', '599', '600', '700') OR r.status LIKE '-%')
