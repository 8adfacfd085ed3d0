-- Append-only: what workstations may do without contact, version by version.
CREATE TABLE offline_policies (
    warehouse  TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    set_at     INTEGER NOT NULL,
    policy     TEXT    NOT NULL,                    -- JSON, as domain::offline writes it
    PRIMARY KEY (warehouse, version)
) STRICT;
