SELECT g.owner_id, g.item_id, g.ledger, g.item_no, g.document_line, g.in_date, g.origin, g.lot, g.expiry,
       m.from_place, m.from_location, m.from_plate, m.from_bucket,
       m.to_place, m.to_location, m.to_plate, m.to_bucket,
       m.qty, m.at, m.source, m.position
-- Told which way to go: the warehouse alone narrows nothing, which SQLite cannot know.
FROM goods g
CROSS JOIN stock_movements m INDEXED BY stock_movements_by_goods
    ON m.warehouse_id = g.warehouse_id AND m.goods_id = g.goods_id
WHERE g.warehouse_id = ?1 AND g.owner_id = ?2 AND g.item_id = ?3
ORDER BY m.at DESC, m.source, m.position DESC, m.line
LIMIT ?4
