INSERT INTO incarnations (
    warehouse, device, incarnation, public_key, token_key, state, head_seq, head_hash, head_at, app, enrolled_at, last_contact
) VALUES (
    ?1, ?2, ?3, ?4, ?5, 'active', 0, ?6, ?7, '', ?8, ?8
)
