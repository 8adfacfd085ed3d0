-- Passes beside their notes, newest first.
SELECT pass.own_no, pass.pass_no, pass.note, note.note_no, note.debit_mark, pass.direction, pass.vehicle, pass.state, pass.made_at,
    pass.total_weight, pass.weighed, pass.weight_error, pass.why, pass.assumed
FROM gate_passes AS pass
JOIN bonded_notes AS note ON note.warehouse = pass.warehouse AND note.own_no = pass.note
WHERE pass.warehouse = ?1 AND (?2 = '' OR pass.state = ?2)
ORDER BY pass.made_at DESC, pass.own_no DESC
LIMIT 500
