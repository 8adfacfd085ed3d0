-- How a partner proves itself when it signs with a key of its own, and its own limits.
ALTER TABLE partners ADD COLUMN public_key TEXT;           -- Ed25519, hexadecimal
ALTER TABLE partners ADD COLUMN calls_per_second INTEGER;
ALTER TABLE partners ADD COLUMN most_body INTEGER;

-- Answers by Idempotency-Key: the same call again gets the same answer.
CREATE TABLE idempotent (
    partner TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    call    BLOB    NOT NULL,                       -- hash of method, target and body
    status  INTEGER NOT NULL,
    kind    TEXT    NOT NULL,                       -- content type
    answer  BLOB    NOT NULL,                       -- sealed
    at      INTEGER NOT NULL,
    PRIMARY KEY (partner, key)
) STRICT;
CREATE INDEX idempotent_by_age ON idempotent (at);

-- Append-only: who called to change something, with what, and what was answered.
CREATE TABLE audit (
    warehouse TEXT    NOT NULL,
    n         INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    who       TEXT    NOT NULL,                     -- a partner's key id, or operator
    method    TEXT    NOT NULL,
    target    TEXT    NOT NULL,
    body_hash BLOB    NOT NULL,
    status    INTEGER NOT NULL,
    PRIMARY KEY (warehouse, n)
) STRICT;
CREATE INDEX audit_by_who ON audit (warehouse, who, n);
