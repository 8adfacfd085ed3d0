-- Releases under grants that a restored authority forgot, of orders it forgot as well: followed as soon
-- as the order is cleared again, before anybody else could be given it.
CREATE TABLE forgotten_releases (
    warehouse   TEXT    NOT NULL,
    platform    TEXT    NOT NULL,
    order_no    TEXT    NOT NULL,
    device      TEXT    NOT NULL,
    incarnation INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    event       TEXT    NOT NULL,                   -- JSON of domain::journal::Event
    PRIMARY KEY (warehouse, platform, order_no, device, incarnation, seq)
) STRICT;
