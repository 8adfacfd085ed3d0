INSERT INTO declarations (
    warehouse, cop_no, platform, order_no, document, claims, claimed, cancel_sent, declared_at
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, 1, 0, ?7
)
