CREATE TABLE enrolments (
    code_hash  BLOB    NOT NULL PRIMARY KEY,
    warehouse  TEXT    NOT NULL,
    device     TEXT,                                -- set when an existing workstation starts anew
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;

CREATE TABLE devices (
    warehouse   TEXT    NOT NULL,
    device      TEXT    NOT NULL,
    station     TEXT    NOT NULL,
    incarnation INTEGER NOT NULL,                   -- the newest
    PRIMARY KEY (warehouse, device)
) STRICT;

CREATE TABLE incarnations (
    warehouse    TEXT    NOT NULL,
    device       TEXT    NOT NULL,
    incarnation  INTEGER NOT NULL,
    public_key   BLOB    NOT NULL,
    token_key    BLOB    NOT NULL,                  -- sealed
    state        TEXT    NOT NULL,                  -- active, replaced, quarantined, revoked
    head_seq     INTEGER NOT NULL,
    head_hash    BLOB    NOT NULL,
    head_at      INTEGER NOT NULL,
    app          TEXT    NOT NULL,
    enrolled_at  INTEGER NOT NULL,
    last_contact INTEGER NOT NULL,
    PRIMARY KEY (warehouse, device, incarnation)
) STRICT;

-- Journals as pushed, exactly.
CREATE TABLE journal (
    warehouse   TEXT    NOT NULL,
    device      TEXT    NOT NULL,
    incarnation INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    v           INTEGER NOT NULL,
    request     BLOB    NOT NULL,
    actor       TEXT    NOT NULL,
    occurred_at INTEGER NOT NULL,
    wall        INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    prev_hash   BLOB    NOT NULL,
    hash        BLOB    NOT NULL,
    outcome     TEXT    NOT NULL,                   -- JSON of protocol::wire::Outcome
    received_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse, device, incarnation, seq)
) STRICT;

-- Events that do not continue the journal we hold: evidence, never dropped.
CREATE TABLE forks (
    warehouse   TEXT    NOT NULL,
    device      TEXT    NOT NULL,
    incarnation INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    hash        BLOB    NOT NULL,
    event       TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse, device, incarnation, seq, hash)
) STRICT;

CREATE TABLE leases (
    warehouse   TEXT    NOT NULL,
    grant_id    TEXT    NOT NULL,
    platform    TEXT    NOT NULL,
    order_no    TEXT    NOT NULL,
    device      TEXT    NOT NULL,
    incarnation INTEGER NOT NULL,
    fence       INTEGER NOT NULL,
    state       TEXT    NOT NULL,                   -- open, in_doubt, released, returned, resolved
    lease       TEXT    NOT NULL,                   -- JSON of domain::leases::Lease
    signed      TEXT    NOT NULL,                   -- JSON of domain::leases::SignedLease
    salt        TEXT    NOT NULL,                   -- of the consignee's commitment
    revoke_why  TEXT,
    work_until  INTEGER NOT NULL,
    issued_at   INTEGER NOT NULL,
    PRIMARY KEY (warehouse, grant_id)
) STRICT;
CREATE UNIQUE INDEX leases_of_order ON leases (warehouse, platform, order_no, fence);
CREATE INDEX leases_of_device ON leases (warehouse, device, incarnation, state);
CREATE INDEX leases_running_out ON leases (warehouse, state, work_until);

CREATE TABLE cases (
    warehouse TEXT    NOT NULL,
    case_id   TEXT    NOT NULL,
    code      TEXT    NOT NULL,
    about     TEXT    NOT NULL,
    open      INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    resolution TEXT,
    PRIMARY KEY (warehouse, case_id)
) STRICT;

-- Answers to online acts, so that a repetition yields the earlier one.
CREATE TABLE answers (
    warehouse TEXT    NOT NULL,
    request   BLOB    NOT NULL,
    refusal   TEXT,
    at        INTEGER NOT NULL,
    PRIMARY KEY (warehouse, request)
) STRICT;
