INSERT INTO ledger_brought_forward (warehouse_id, ledger, item_no, account, declared, legal1, legal2)
WITH old AS (
    SELECT * FROM ledger_movements
    WHERE warehouse_id = ?1 AND source = 'feed' AND position < ?2
),
ends (ledger, item_no, account, declared, legal1, legal2) AS (
    SELECT ledger, item_no, from_account, -declared, -legal1, -legal2 FROM old
    UNION ALL
    SELECT ledger, item_no, to_account, declared, legal1, legal2 FROM old
)
SELECT ?1, ledger, item_no, account, sum(declared), sum(legal1), sum(legal2)
FROM ends
WHERE true
GROUP BY ledger, item_no, account
ON CONFLICT (warehouse_id, ledger, item_no, account) DO UPDATE SET
    declared = declared + excluded.declared, legal1 = legal1 + excluded.legal1, legal2 = legal2 + excluded.legal2
