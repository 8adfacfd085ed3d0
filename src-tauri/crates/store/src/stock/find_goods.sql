SELECT goods_id FROM goods
WHERE warehouse_id = ?1 AND owner_id = ?2 AND item_id = ?3 AND ledger = ?4 AND item_no = ?5
  AND document_line = ?6 AND in_date = ?7 AND origin = ?8 AND lot = ?9 AND expiry = ?10
