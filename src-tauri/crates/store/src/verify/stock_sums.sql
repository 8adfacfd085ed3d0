-- Balances less movements less what was brought forward; every row left over is a difference.
WITH ends (goods_id, location_id, plate, bucket, qty) AS (
    SELECT goods_id, location_id, plate, bucket, qty FROM stock WHERE warehouse_id = ?1
    UNION ALL
    SELECT goods_id, location_id, plate, bucket, -qty FROM stock_brought_forward WHERE warehouse_id = ?1
    UNION ALL
    SELECT goods_id, from_location, from_plate, from_bucket, qty
    FROM stock_movements WHERE warehouse_id = ?1 AND from_place = 'inside'
    UNION ALL
    SELECT goods_id, to_location, to_plate, to_bucket, -qty
    FROM stock_movements WHERE warehouse_id = ?1 AND to_place = 'inside'
)
SELECT 'goods ' || goods_id || ' at ' || location_id || ' ' || bucket || ': off by ' || sum(qty) || ' units'
FROM ends
GROUP BY goods_id, location_id, plate, bucket
HAVING sum(qty) <> 0
