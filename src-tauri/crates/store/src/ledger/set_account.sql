INSERT INTO ledger (warehouse_id, ledger, item_no, account, declared, legal1, legal2)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (warehouse_id, ledger, item_no, account)
DO UPDATE SET declared = excluded.declared, legal1 = excluded.legal1, legal2 = excluded.legal2
