INSERT INTO stock (
    warehouse, owner, item, ledger, item_no, goods, expiry, in_date, location, plate, bucket, qty
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12
)
ON CONFLICT (warehouse, goods, location, plate, bucket) DO UPDATE SET qty = excluded.qty
