-- The authority's signed word that it holds our journal up to here. Local.
CREATE TABLE receipts (
    warehouse_id TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    pos          INTEGER NOT NULL,
    signature    TEXT    NOT NULL,
    received_at  INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, seq)
) STRICT;

-- Own events the authority did not simply apply. Local.
CREATE TABLE verdicts (
    warehouse_id TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    outcome      TEXT    NOT NULL CHECK (outcome IN ('applied_with_exception', 'parked')),
    code         TEXT    NOT NULL, -- '' when parked
    PRIMARY KEY (warehouse_id, seq)
) STRICT;

-- What the last attempts to reach the authority came to. Local.
CREATE TABLE sync_state (
    warehouse_id     TEXT    NOT NULL PRIMARY KEY,
    last_contact_at  INTEGER NOT NULL DEFAULT 0, -- 0 before the first
    offline_since    INTEGER NOT NULL DEFAULT 0, -- 0 while online
    customs_fresh_at INTEGER NOT NULL DEFAULT 0, -- 0 while unknown
    kept_from        INTEGER NOT NULL DEFAULT 0, -- movements before this are only brought forward
    stopped          TEXT    NOT NULL DEFAULT '' -- JSON: why the feed stopped; '' while it flows
) STRICT;
