INSERT INTO stock_brought_forward (warehouse_id, goods_id, location_id, plate, bucket, qty)
WITH old AS (
    SELECT * FROM stock_movements
    WHERE warehouse_id = ?1 AND source = 'feed' AND position < ?2
),
ends (goods_id, location_id, plate, bucket, qty) AS (
    SELECT goods_id, from_location, from_plate, from_bucket, -qty FROM old WHERE from_place = 'inside'
    UNION ALL
    SELECT goods_id, to_location, to_plate, to_bucket, qty FROM old WHERE to_place = 'inside'
)
SELECT ?1, goods_id, location_id, plate, bucket, sum(qty)
FROM ends
WHERE true
GROUP BY goods_id, location_id, plate, bucket
ON CONFLICT (warehouse_id, goods_id, location_id, plate, bucket) DO UPDATE SET qty = qty + excluded.qty
