-- Notices, applications, notes and passes with a number; notes and passes belong to no single merchant.
SELECT 'notice', notice, NULL, state FROM notices WHERE warehouse = ?1 AND notice = ?2 AND (?3 = '' OR owner = ?3)
UNION ALL
SELECT 'inspection', i.application, NULL, i.state
FROM inspections AS i
JOIN notices AS n ON n.warehouse = i.warehouse AND n.notice = i.notice
WHERE i.warehouse = ?1 AND i.application = ?2 AND (?3 = '' OR n.owner = ?3)
UNION ALL
SELECT 'bonded_note', own_no, note_no, state FROM bonded_notes
WHERE warehouse = ?1 AND ?3 = '' AND (own_no = ?2 OR note_no = ?2 OR seq_no = ?2)
UNION ALL
SELECT 'gate_pass', own_no, pass_no, state FROM gate_passes
WHERE warehouse = ?1 AND ?3 = '' AND (own_no = ?2 OR pass_no = ?2 OR seq_no = ?2)
LIMIT ?4
