SELECT received_at, owner, chapter, district, pieces, goods_value, tax_total, state, cleared_at - declared_at
FROM orders
WHERE warehouse = ?1 AND received_at >= ?2 AND received_at < ?3 AND owner LIKE ?4
