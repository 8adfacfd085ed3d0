INSERT INTO orders (
    warehouse_id, platform, order_no, owner_id, state, state_json, holds, cancel_requested,
    carrier, waybill_no, declaration_no, pieces, pos
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
ON CONFLICT (warehouse_id, platform, order_no) DO UPDATE SET
    owner_id = excluded.owner_id, state = excluded.state, state_json = excluded.state_json,
    holds = excluded.holds, cancel_requested = excluded.cancel_requested,
    carrier = excluded.carrier, waybill_no = excluded.waybill_no,
    declaration_no = excluded.declaration_no, pieces = excluded.pieces, pos = excluded.pos
