INSERT INTO orders (
    warehouse, platform, order_no, owner, shop, life, state, document, content_hash, buyer_hash, pieces, raw, received_at,
    findings, corrections_due
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
    '[]', 0
)
