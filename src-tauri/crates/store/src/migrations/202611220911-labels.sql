-- Labels to print: put here by the commit that released the parcel, so that none is forgotten.
-- Projection of the journal.
CREATE TABLE print_jobs (
    warehouse_id TEXT    NOT NULL,
    platform     TEXT    NOT NULL,
    order_no     TEXT    NOT NULL,
    copy         INTEGER NOT NULL CHECK (copy >= 0), -- 0 is the original
    carrier      TEXT    NOT NULL,
    waybill_no   TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('pending', 'printed')),
    changed_seq  INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, platform, order_no, copy)
) STRICT;
CREATE INDEX print_jobs_by_state ON print_jobs (warehouse_id, state, changed_seq);

-- Labels somebody has seen on paper: the printer said so, or the label was scanned. Local.
CREATE TABLE labels_confirmed (
    warehouse_id TEXT    NOT NULL,
    platform     TEXT    NOT NULL,
    order_no     TEXT    NOT NULL,
    copy         INTEGER NOT NULL,
    confirmed_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, platform, order_no, copy)
) STRICT;
