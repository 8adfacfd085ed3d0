-- How a carrier's numbers are checked, and from how many free ones on it is warned.
CREATE TABLE number_rules (
    warehouse   TEXT    NOT NULL,
    carrier     TEXT    NOT NULL,
    check_digit TEXT    NOT NULL,                   -- none, gs1, luhn, mod7, s10
    warn_at     INTEGER NOT NULL,
    PRIMARY KEY (warehouse, carrier)
) STRICT;

-- Everything a carrier said about a parcel (CEB513), each word once, in whatever order it came.
CREATE TABLE waybill_events (
    warehouse  TEXT    NOT NULL,
    carrier    TEXT    NOT NULL,
    waybill_no TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    at         INTEGER NOT NULL,                    -- as the carrier has it
    told_at    INTEGER NOT NULL,
    PRIMARY KEY (warehouse, carrier, waybill_no, status, at)
) STRICT;
