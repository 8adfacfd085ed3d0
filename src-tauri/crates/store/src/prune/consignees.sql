-- ?2: whoever left, or whose lease was dropped, before this.
DELETE FROM consignees AS c
WHERE c.warehouse_id = ?1
  AND NOT EXISTS (
      SELECT 1 FROM leases l
      WHERE l.warehouse_id = c.warehouse_id AND l.platform = c.platform AND l.order_no = c.order_no AND l.ended = 0
  )
  AND (
      EXISTS (
          -- Without an entry the word stands in a snapshot: then the data's own age counts.
          SELECT 1 FROM orders o LEFT JOIN feed f USING (warehouse_id, pos)
          WHERE o.warehouse_id = c.warehouse_id AND o.platform = c.platform AND o.order_no = c.order_no
            AND o.state IN ('gated_out', 'delivered', 'returned', 'cancelled') AND coalesce(f.at, c.received_at) < ?2
      )
      OR EXISTS (
          SELECT 1 FROM release_jobs j
          WHERE j.warehouse_id = c.warehouse_id AND j.platform = c.platform AND j.order_no = c.order_no
            AND j.state = 'dropped' AND j.changed_at < ?2
            AND NOT EXISTS (
                SELECT 1 FROM release_jobs later
                WHERE later.warehouse_id = j.warehouse_id AND later.platform = j.platform
                  AND later.order_no = j.order_no AND later.fence > j.fence
            )
      )
  )
