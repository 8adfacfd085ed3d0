INSERT INTO orders (
    warehouse, platform, order_no, owner, shop, life, state, document, content_hash, buyer_hash, pieces, dutiable, raw, received_at,
    findings, differences, tried_pos, corrections_due
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
    '[]', '[]', 0, 0
)
