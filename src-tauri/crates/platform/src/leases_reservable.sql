-- Spots from which an order may be served: on a shelf, of the declared ledger item, not expired.
SELECT s.goods, s.location, s.plate, s.qty
FROM stock AS s
LEFT JOIN locations AS l ON l.warehouse = s.warehouse AND l.location = s.location
WHERE s.warehouse = ?1 AND s.owner = ?2 AND s.item = ?3 AND s.ledger = ?4 AND s.item_no = ?5
  AND s.bucket = 'available' AND s.expiry > ?6
  AND s.location NOT IN ('RECEIVING', 'STAGING', 'QUARANTINE') AND coalesce(l.kind, 'shelf') = 'shelf'
ORDER BY s.expiry, s.in_date, s.location, s.plate
