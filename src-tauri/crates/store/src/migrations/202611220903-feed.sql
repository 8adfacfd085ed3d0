-- The authority's facts as they came. The last row is the cursor.
-- after_seq is the head of our own journal when the entry was applied: journal and feed merged by
-- it give back the very order in which this store saw them, which is what a rebuild follows.
CREATE TABLE feed (
    warehouse_id       TEXT    NOT NULL,
    pos                INTEGER NOT NULL CHECK (pos > 0),
    kind               TEXT    NOT NULL,
    v                  INTEGER NOT NULL,
    at                 INTEGER NOT NULL,
    origin_device      TEXT    NOT NULL, -- '' when no workstation caused it
    origin_incarnation INTEGER NOT NULL,
    origin_seq         INTEGER NOT NULL,
    body               BLOB    NOT NULL,
    prev_hash          BLOB    NOT NULL CHECK (length(prev_hash) = 32),
    hash               BLOB    NOT NULL CHECK (length(hash) = 32),
    after_seq          INTEGER NOT NULL CHECK (after_seq >= 0),
    PRIMARY KEY (warehouse_id, pos)
) STRICT;

-- Own events whose movements the authority has not judged yet: laid over what the feed says, or
-- (applied = 0) held back because what it says leaves no room for them. Projection.
CREATE TABLE pending (
    warehouse_id TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    applied      INTEGER NOT NULL CHECK (applied IN (0, 1)),
    PRIMARY KEY (warehouse_id, seq)
) STRICT;

-- Own events the authority has judged without moving its books: ours followed, at this point of our
-- history. Local evidence.
CREATE TABLE withdrawn (
    warehouse_id TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    after_pos    INTEGER NOT NULL,
    after_seq    INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, seq)
) STRICT;

CREATE TRIGGER feed_is_never_rewritten BEFORE UPDATE ON feed
BEGIN SELECT RAISE(ABORT, 'the feed is append-only'); END;
CREATE TRIGGER feed_is_never_shortened BEFORE DELETE ON feed
BEGIN SELECT RAISE(ABORT, 'the feed is append-only'); END;
