INSERT INTO stock_movements (
    warehouse_id, source, position, line, at, goods_id,
    from_place, from_location, from_plate, from_bucket,
    to_place, to_location, to_plate, to_bucket, qty
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
