INSERT INTO ledger_movements (
    warehouse_id, source, position, line, at, ledger, item_no,
    from_account, to_account, declared, legal1, legal2, document
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
