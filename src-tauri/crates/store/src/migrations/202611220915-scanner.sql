-- Scans that were refused: evidence with a chain of its own. Local; accepted scans are in the journal.
CREATE TABLE scan_log (
    warehouse_id TEXT    NOT NULL,
    device_id    TEXT    NOT NULL,
    incarnation  INTEGER NOT NULL,
    n            INTEGER NOT NULL CHECK (n > 0),
    at           INTEGER NOT NULL,
    wall         INTEGER NOT NULL,
    actor        TEXT    NOT NULL,
    room         TEXT    NOT NULL,
    raw          TEXT    NOT NULL,
    symbology    TEXT    NOT NULL, -- '' when the scanner did not say
    from_reader  TEXT    NOT NULL,
    refusal      TEXT    NOT NULL, -- JSON: code and parameters
    prev_hash    BLOB    NOT NULL CHECK (length(prev_hash) = 32),
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (warehouse_id, device_id, incarnation, n)
) STRICT;

CREATE TRIGGER scan_log_is_never_rewritten BEFORE UPDATE ON scan_log
BEGIN SELECT RAISE(ABORT, 'the scan log is append-only'); END;
CREATE TRIGGER scan_log_is_never_shortened BEFORE DELETE ON scan_log
BEGIN SELECT RAISE(ABORT, 'the scan log is append-only'); END;
