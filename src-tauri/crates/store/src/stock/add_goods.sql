INSERT INTO goods (
    warehouse_id, owner_id, item_id, ledger, item_no, document_line, in_date, origin, lot, expiry
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
RETURNING goods_id
