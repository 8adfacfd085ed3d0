INSERT INTO leases (
    warehouse, grant_id, platform, order_no, device, incarnation, fence, state, lease, signed, salt, work_until, issued_at
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, 'open', ?8, ?9, ?10, ?11, ?12
)
