INSERT INTO items (
    warehouse_id, owner_id, item_id, name, hs_code, ledger, item_no, origin, unit,
    per_declared, per_legal1, per_legal2, gross_weight, tracks_lot
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
ON CONFLICT (warehouse_id, owner_id, item_id) DO UPDATE SET
    name = excluded.name, hs_code = excluded.hs_code, ledger = excluded.ledger, item_no = excluded.item_no,
    origin = excluded.origin, unit = excluded.unit, per_declared = excluded.per_declared,
    per_legal1 = excluded.per_legal1, per_legal2 = excluded.per_legal2,
    gross_weight = excluded.gross_weight, tracks_lot = excluded.tracks_lot
