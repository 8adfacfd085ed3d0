-- Each order as the authority last told it. Projection of the feed.
CREATE TABLE orders (
    warehouse_id     TEXT    NOT NULL,
    platform         TEXT    NOT NULL,
    order_no         TEXT    NOT NULL,
    owner_id         TEXT    NOT NULL,
    state            TEXT    NOT NULL, -- its name alone, for counting
    state_json       TEXT    NOT NULL, -- with holder, note or pass
    holds            TEXT    NOT NULL, -- JSON list
    cancel_requested INTEGER NOT NULL CHECK (cancel_requested IN (0, 1)),
    carrier          TEXT    NOT NULL, -- '' until a waybill was made
    waybill_no       TEXT    NOT NULL,
    declaration_no   TEXT    NOT NULL, -- '' until known
    pieces           INTEGER NOT NULL,
    pos              INTEGER NOT NULL, -- feed position of this word
    PRIMARY KEY (warehouse_id, platform, order_no)
) STRICT;
CREATE INDEX orders_by_number ON orders (warehouse_id, order_no, platform);
CREATE INDEX orders_by_waybill ON orders (warehouse_id, waybill_no, carrier);
CREATE INDEX orders_by_state ON orders (warehouse_id, state, pos);
