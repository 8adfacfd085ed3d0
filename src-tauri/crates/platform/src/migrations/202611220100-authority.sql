-- One row per warehouse: its settings and the head of its feed. Every write begins by taking this
-- row, so that feed positions have no gaps whatever the engine.
CREATE TABLE warehouses (
    warehouse       TEXT    NOT NULL PRIMARY KEY,
    settings        TEXT    NOT NULL,               -- JSON, see config::Settings
    epoch           INTEGER NOT NULL,               -- grows when the authority is moved or restored
    feed_pos        INTEGER NOT NULL,
    feed_hash       BLOB    NOT NULL,
    customs_seen_at INTEGER                         -- ms UTC: last contact with the customs gateway
) STRICT;

CREATE TABLE feed (
    warehouse   TEXT    NOT NULL,
    pos         INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    v           INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    device      TEXT,                               -- origin, when a workstation's event caused it
    incarnation INTEGER,
    seq         INTEGER,
    body        TEXT    NOT NULL,                   -- JSON as first written
    prev_hash   BLOB    NOT NULL,
    hash        BLOB    NOT NULL,
    PRIMARY KEY (warehouse, pos)
) STRICT;

-- Numbers given out here: own numbers of lists, notes and passes; devices; outbox positions.
CREATE TABLE counters (
    warehouse TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    last      INTEGER NOT NULL,
    PRIMARY KEY (warehouse, name)
) STRICT;
