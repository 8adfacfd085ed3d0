-- Notices whose goods passed the inbound gate. Projections of the feed.
CREATE TABLE notices (
    warehouse_id   TEXT    NOT NULL,
    notice         TEXT    NOT NULL,
    owner_id       TEXT    NOT NULL,
    bonded_note    TEXT    NOT NULL,
    vehicle        TEXT    NOT NULL,
    gate_passed_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, notice)
) STRICT;

CREATE TABLE notice_lines (
    warehouse_id TEXT    NOT NULL,
    notice       TEXT    NOT NULL,
    line         INTEGER NOT NULL,
    goods_id     INTEGER NOT NULL REFERENCES goods (goods_id),
    expected     INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, notice, line),
    FOREIGN KEY (warehouse_id, notice) REFERENCES notices (warehouse_id, notice)
) STRICT;

-- What this workstation counted. Projection of the journal.
CREATE TABLE notice_counts (
    warehouse_id TEXT    NOT NULL,
    notice       TEXT    NOT NULL,
    line         INTEGER NOT NULL,
    good         INTEGER NOT NULL DEFAULT 0 CHECK (good >= 0),
    damaged      INTEGER NOT NULL DEFAULT 0 CHECK (damaged >= 0),
    over         INTEGER NOT NULL DEFAULT 0 CHECK (over >= 0),
    PRIMARY KEY (warehouse_id, notice, line)
) STRICT;

-- Counted to the end, said by this workstation or by the authority; the first word stands.
CREATE TABLE notice_ends (
    warehouse_id TEXT    NOT NULL,
    notice       TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, notice)
) STRICT;
