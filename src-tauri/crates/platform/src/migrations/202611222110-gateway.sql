-- What was handed to the single-window client as a file, and what it made of it.
CREATE TABLE handovers (
    warehouse  TEXT    NOT NULL,
    n          INTEGER NOT NULL,                    -- position in the outbox
    file_name  TEXT    NOT NULL,
    state      TEXT    NOT NULL,                    -- offered, sent, failed, again
    offered_at INTEGER NOT NULL,
    ended_at   INTEGER,
    PRIMARY KEY (warehouse, n)
) STRICT;
CREATE INDEX handovers_by_state ON handovers (warehouse, state, n);
CREATE UNIQUE INDEX handovers_by_file ON handovers (warehouse, file_name);

-- Files taken in from the client, by what is in them: the same file found again is not taken twice.
CREATE TABLE taken_files (
    warehouse TEXT    NOT NULL,
    hash      BLOB    NOT NULL,
    file_name TEXT    NOT NULL,
    raw       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (warehouse, hash)
) STRICT;
