INSERT INTO journal (
    warehouse, device, incarnation, seq, kind, v, request, actor, occurred_at, wall, body, prev_hash, hash, outcome, received_at
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15
)
