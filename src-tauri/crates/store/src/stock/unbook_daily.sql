UPDATE stock_daily SET qty = qty - ?8, movements = movements - 1
WHERE warehouse_id = ?1 AND day = ?2 AND goods_id = ?3
  AND from_place = ?4 AND from_bucket = ?5 AND to_place = ?6 AND to_bucket = ?7
