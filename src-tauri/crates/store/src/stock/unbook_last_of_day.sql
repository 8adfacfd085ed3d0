DELETE FROM stock_daily
WHERE warehouse_id = ?1 AND day = ?2 AND goods_id = ?3
  AND from_place = ?4 AND from_bucket = ?5 AND to_place = ?6 AND to_bucket = ?7 AND movements = 1
