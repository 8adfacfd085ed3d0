-- Who this workstation is. The store belongs to one life of one device and never to another.
CREATE TABLE station (
    warehouse_id    TEXT    NOT NULL PRIMARY KEY,
    only_row        INTEGER NOT NULL UNIQUE DEFAULT 1 CHECK (only_row = 1),
    device_id       TEXT    NOT NULL,
    incarnation     INTEGER NOT NULL,
    warehouse_name  TEXT    NOT NULL,
    authority_epoch INTEGER NOT NULL,
    platform_url    TEXT    NOT NULL,
    language        TEXT    NOT NULL CHECK (language IN ('zh', 'en')),
    zone            TEXT    NOT NULL, -- JSON, as domain::time::Zone writes it
    signing_key_ref TEXT    NOT NULL, -- name in the system's keyring; the key itself is not here
    token_key       BLOB    NOT NULL  -- sealed
) STRICT;

CREATE TABLE authority_keys (
    warehouse_id TEXT NOT NULL,
    key_id       TEXT NOT NULL,
    public_key   BLOB NOT NULL CHECK (length(public_key) = 32),
    PRIMARY KEY (warehouse_id, key_id)
) STRICT;

-- The authority's clock as last heard, and the mark no estimate may fall behind.
CREATE TABLE clock (
    warehouse_id TEXT    NOT NULL PRIMARY KEY,
    high_water   INTEGER NOT NULL,
    server_time  INTEGER NOT NULL,
    boot_ms      INTEGER NOT NULL, -- milliseconds since boot at that moment, suspend included
    boot_id      TEXT    NOT NULL
) STRICT;
