CREATE TABLE notices (
    warehouse   TEXT    NOT NULL,
    notice      TEXT    NOT NULL,
    forwarder   TEXT    NOT NULL,
    owner       TEXT    NOT NULL,
    vehicle     TEXT    NOT NULL,
    body        TEXT    NOT NULL,                   -- JSON of the announced lines
    state       TEXT    NOT NULL,                   -- announced, pre_debited, receivable, closed, refused
    raw         INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse, notice)
) STRICT;

CREATE TABLE milestones (
    warehouse TEXT    NOT NULL,
    notice    TEXT    NOT NULL,
    what      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    place     TEXT    NOT NULL,
    PRIMARY KEY (warehouse, notice, what, at)
) STRICT;
