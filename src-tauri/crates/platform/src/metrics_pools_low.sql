-- Carriers of whose numbers no more are left than they are warned at; 100 where none said at how many.
SELECT count(*) FROM partners AS p
WHERE p.warehouse = ?1 AND p.kind = 'carrier' AND p.active = 1
    AND (
        SELECT count(*) FROM waybill_numbers AS w
        WHERE w.warehouse = p.warehouse AND w.carrier = p.code AND w.used = 0
    ) <= coalesce((SELECT r.warn_at FROM number_rules AS r WHERE r.warehouse = p.warehouse AND r.carrier = p.code), 100)
