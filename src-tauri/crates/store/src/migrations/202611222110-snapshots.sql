-- The authority's picture at a position, where this store began or had to begin anew: the feed goes on
-- from the newest. Facts like the feed itself.
CREATE TABLE snapshots (
    warehouse_id    TEXT    NOT NULL,
    n               INTEGER NOT NULL,               -- 1, 2, 3 …
    pos             INTEGER NOT NULL CHECK (pos >= 0),
    hash            BLOB    NOT NULL CHECK (length(hash) = 32),
    judged_seq      INTEGER NOT NULL,               -- own events up to here are in it
    after_seq       INTEGER NOT NULL,               -- head of our own journal when it was taken in
    taken_at        INTEGER NOT NULL,               -- by the authority's clock
    PRIMARY KEY (warehouse_id, n)
) STRICT;

CREATE TABLE snapshot_news (
    warehouse_id TEXT    NOT NULL,
    n            INTEGER NOT NULL,
    line         INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    v            INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    body         BLOB    NOT NULL,
    PRIMARY KEY (warehouse_id, n, line)
) STRICT;

-- What stood in the feed, and in receipts for events the authority has since forgotten, before a
-- snapshot took its place: evidence, never dropped.
CREATE TABLE feed_set_aside (
    warehouse_id       TEXT    NOT NULL,
    n                  INTEGER NOT NULL,            -- the snapshot that took its place
    pos                INTEGER NOT NULL,
    kind               TEXT    NOT NULL,
    v                  INTEGER NOT NULL,
    at                 INTEGER NOT NULL,
    origin_device      TEXT    NOT NULL,
    origin_incarnation INTEGER NOT NULL,
    origin_seq         INTEGER NOT NULL,
    body               BLOB    NOT NULL,
    prev_hash          BLOB    NOT NULL,
    hash               BLOB    NOT NULL,
    after_seq          INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, n, pos)
) STRICT;

CREATE TABLE receipts_set_aside (
    warehouse_id TEXT    NOT NULL,
    n            INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    hash         BLOB    NOT NULL,
    pos          INTEGER NOT NULL,
    signature    TEXT    NOT NULL,
    received_at  INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, n, seq)
) STRICT;

-- An entry leaves the feed only once it stands aside.
DROP TRIGGER feed_is_never_shortened;
CREATE TRIGGER feed_is_never_shortened BEFORE DELETE ON feed
WHEN NOT EXISTS (
    SELECT 1 FROM feed_set_aside s
    WHERE s.warehouse_id = OLD.warehouse_id AND s.pos = OLD.pos AND s.hash = OLD.hash
)
BEGIN SELECT RAISE(ABORT, 'the feed is append-only'); END;
