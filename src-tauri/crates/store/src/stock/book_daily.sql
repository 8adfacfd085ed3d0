INSERT INTO stock_daily (warehouse_id, day, goods_id, from_place, from_bucket, to_place, to_bucket, qty, movements)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)
ON CONFLICT (warehouse_id, day, goods_id, from_place, from_bucket, to_place, to_bucket)
DO UPDATE SET qty = qty + excluded.qty, movements = movements + 1
