-- Who may call, and with which secret.
CREATE TABLE partners (
    partner    TEXT    NOT NULL PRIMARY KEY,        -- the key id sent with each call
    warehouse  TEXT    NOT NULL,
    kind       TEXT    NOT NULL,                    -- shop, payer, carrier, forwarder, customs, merchant
    code       TEXT    NOT NULL,                    -- customs registration code it speaks for
    name       TEXT    NOT NULL,
    secret     BLOB    NOT NULL,                    -- sealed with the data key
    forwards   INTEGER NOT NULL,                    -- hand its documents on to customs
    active     INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- A nonce is used once; kept as long as its time stamp would still be believed.
CREATE TABLE nonces (
    signer TEXT    NOT NULL,
    nonce  TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (signer, nonce)
) STRICT;
CREATE INDEX nonces_by_age ON nonces (at);

-- Every message in and out, unmodified. Sealed, because a message may name people.
CREATE TABLE raw_messages (
    warehouse TEXT    NOT NULL,
    raw       INTEGER NOT NULL,
    direction TEXT    NOT NULL CHECK (direction IN ('in', 'out')),
    partner   TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    body      BLOB    NOT NULL,
    PRIMARY KEY (warehouse, raw)
) STRICT;

-- What customs is to fetch, in order and without gaps.
CREATE TABLE outbox (
    warehouse TEXT    NOT NULL,
    n         INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    file_name TEXT    NOT NULL,
    raw       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (warehouse, n)
) STRICT;

-- Receipts that answer nothing we know: kept and shown.
CREATE TABLE unmatched (
    warehouse TEXT    NOT NULL,
    raw       INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (warehouse, raw, kind, key)
) STRICT;
