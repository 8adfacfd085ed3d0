-- Audit trail, outbox and source of recovery in one. Bodies are kept as first written.
CREATE TABLE journal (
    warehouse_id TEXT    NOT NULL,
    device_id    TEXT    NOT NULL,
    incarnation  INTEGER NOT NULL,
    seq          INTEGER NOT NULL CHECK (seq > 0),
    kind         TEXT    NOT NULL,
    v            INTEGER NOT NULL,
    request_id   BLOB    NOT NULL CHECK (length(request_id) = 16),
    actor        TEXT    NOT NULL,
    occurred_at  INTEGER NOT NULL,
    wall         INTEGER NOT NULL,
    body         BLOB    NOT NULL,
    prev_hash    BLOB    NOT NULL CHECK (length(prev_hash) = 32),
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (warehouse_id, device_id, incarnation, seq)
) STRICT;

-- Protection of the evidence, not a business rule: no statement of ours is meant to meet these.
CREATE TRIGGER journal_is_never_rewritten BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_never_shortened BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- Which own events were taken back. Projection.
CREATE TABLE undone (
    warehouse_id TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    by_seq       INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, seq)
) STRICT;

-- What was answered to a request: a repetition gets the same. Sealed, since answers may name people.
CREATE TABLE requests (
    warehouse_id TEXT    NOT NULL,
    request_id   BLOB    NOT NULL CHECK (length(request_id) = 16),
    op           TEXT    NOT NULL,
    answered_at  INTEGER NOT NULL,
    answer       BLOB    NOT NULL,
    PRIMARY KEY (warehouse_id, request_id)
) STRICT;
CREATE INDEX requests_by_age ON requests (warehouse_id, answered_at);
