WITH ends (ledger, item_no, account, declared, legal1, legal2) AS (
    SELECT ledger, item_no, account, declared, legal1, legal2 FROM ledger WHERE warehouse_id = ?1
    UNION ALL
    SELECT ledger, item_no, account, -declared, -legal1, -legal2
    FROM ledger_brought_forward WHERE warehouse_id = ?1
    UNION ALL
    SELECT ledger, item_no, from_account, declared, legal1, legal2
    FROM ledger_movements WHERE warehouse_id = ?1
    UNION ALL
    SELECT ledger, item_no, to_account, -declared, -legal1, -legal2
    FROM ledger_movements WHERE warehouse_id = ?1
)
SELECT ledger || ' ' || item_no || ' ' || account || ': off by ' || sum(declared) || ' units'
FROM ends
GROUP BY ledger, item_no, account
HAVING sum(declared) <> 0 OR sum(legal1) <> 0 OR sum(legal2) <> 0
