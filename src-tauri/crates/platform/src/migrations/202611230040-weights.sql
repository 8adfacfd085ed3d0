-- What a packed parcel weighed at the bench, beside what its papers say.
CREATE TABLE parcel_weights (
    warehouse TEXT    NOT NULL,
    platform  TEXT    NOT NULL,
    order_no  TEXT    NOT NULL,
    weighed   INTEGER NOT NULL,                     -- gross, 1e-5 kg
    declared  INTEGER NOT NULL,                     -- gross, as waybill and list declare it, 1e-5 kg
    differs   INTEGER NOT NULL,                     -- 1 where the rule of that day does not explain it
    basis     TEXT    NOT NULL,                     -- the rule's own basis; '' where none was in force
    at        INTEGER NOT NULL,                     -- when it was released
    PRIMARY KEY (warehouse, platform, order_no)
) STRICT;
