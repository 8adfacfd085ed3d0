-- The last word of the feed on every subject: with the balances, the whole picture. What a new or
-- mistaken workstation begins from, and why the feed itself need not be kept for ever.
CREATE TABLE told (
    warehouse TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    pos       INTEGER NOT NULL,
    v         INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    body      TEXT    NOT NULL,
    PRIMARY KEY (warehouse, kind, subject)
) STRICT;

-- Where the kept feed begins: the last entry that was let go. No row while all of it is kept.
CREATE TABLE feed_bases (
    warehouse TEXT    NOT NULL PRIMARY KEY,
    pos       INTEGER NOT NULL,
    hash      BLOB    NOT NULL
) STRICT;
