-- Applications to return goods (CEB625), by our own number of each.
CREATE TABLE returns (
    warehouse      TEXT    NOT NULL,
    return_no      TEXT    NOT NULL,                -- ours; the application's copNo
    shop           TEXT    NOT NULL,                -- the partner that asked
    number         TEXT    NOT NULL,                -- the shop's own number of it
    platform       TEXT    NOT NULL,
    order_no       TEXT    NOT NULL,
    owner          TEXT    NOT NULL,
    cop_no         TEXT    NOT NULL,                -- the list whose goods come back
    lines          TEXT    NOT NULL,                -- JSON list of returns::Line
    state          TEXT    NOT NULL,                -- applied, accepted, arrived, completed, refused, late
    apply_by       TEXT    NOT NULL,
    arrive_by      TEXT    NOT NULL,
    applied_at     INTEGER NOT NULL,
    arrived_at     INTEGER,
    condition      TEXT,                            -- sellable or damaged, once it arrived
    refund         INTEGER NOT NULL,                -- tax not levied, once completed
    dutiable       INTEGER NOT NULL,                -- what its buyer's year gets back, once completed
    completed_at   INTEGER,
    PRIMARY KEY (warehouse, return_no)
) STRICT;
CREATE UNIQUE INDEX returns_by_number ON returns (warehouse, shop, number);
CREATE INDEX returns_of_order ON returns (warehouse, platform, order_no);
CREATE INDEX returns_by_state ON returns (warehouse, state, applied_at);

-- Line by line what a tax bill says, for the share that a return takes of it.
CREATE TABLE tax_bill_lines (
    warehouse       TEXT    NOT NULL,
    tax_no          TEXT    NOT NULL,
    gnum            INTEGER NOT NULL,
    customs_tax     INTEGER NOT NULL,
    value_added_tax INTEGER NOT NULL,
    consumption_tax INTEGER NOT NULL,
    PRIMARY KEY (warehouse, tax_no, gnum)
) STRICT;
