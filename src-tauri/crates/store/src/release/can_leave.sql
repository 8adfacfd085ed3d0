-- ?2 now, ?3 device, ?4 incarnation. One reason each: what is held is not also counted as run out.
WITH mine AS (
    SELECT coalesce(j.state, 'held') AS job,
           CASE
               WHEN coalesce(o.holds, '[]') <> '[]' THEN 'held'
               WHEN coalesce(o.cancel_requested, 0) THEN 'to_be_cancelled'
               WHEN l.work_until <= ?2 THEN 'ran_out'
               WHEN l.needs_contact THEN 'needs_contact'
               ELSE 'can'
           END AS verdict
    FROM leases l
    LEFT JOIN release_jobs j USING (warehouse_id, grant_id)
    LEFT JOIN orders o USING (warehouse_id, platform, order_no)
    WHERE l.warehouse_id = ?1 AND l.ended = 0 AND l.order_no <> ''
)
SELECT
    count(*) FILTER (WHERE verdict = 'can'),
    count(*) FILTER (WHERE verdict = 'can' AND job = 'started'),
    count(*) FILTER (WHERE verdict = 'can' AND job = 'parked'),
    count(*) FILTER (WHERE verdict = 'ran_out'),
    count(*) FILTER (WHERE verdict = 'held'),
    count(*) FILTER (WHERE verdict = 'to_be_cancelled'),
    count(*) FILTER (WHERE verdict = 'needs_contact'),
    (SELECT count(*) FROM orders WHERE warehouse_id = ?1 AND state = 'cleared'),
    (SELECT count(*) FROM orders
     WHERE warehouse_id = ?1 AND state = 'leased'
       AND (state_json ->> '$.device' <> ?3 OR state_json ->> '$.incarnation' <> ?4))
FROM mine
