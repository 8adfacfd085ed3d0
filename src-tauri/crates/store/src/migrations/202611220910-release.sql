-- What became of each grant here. Projection of the journal; no row means held and untouched.
CREATE TABLE release_jobs (
    warehouse_id TEXT    NOT NULL,
    grant_id     TEXT    NOT NULL,
    fence        INTEGER NOT NULL,
    platform     TEXT    NOT NULL,
    order_no     TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('started', 'parked', 'released', 'dropped')),
    why          TEXT    NOT NULL, -- '' unless dropped: revoked, expired or returned
    changed_seq  INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, grant_id)
) STRICT;
CREATE INDEX release_jobs_by_order ON release_jobs (warehouse_id, platform, order_no, fence);
CREATE INDEX release_jobs_by_state ON release_jobs (warehouse_id, state, changed_seq);

CREATE TABLE release_picks (
    warehouse_id TEXT    NOT NULL,
    grant_id     TEXT    NOT NULL,
    gnum         INTEGER NOT NULL,
    qty          INTEGER NOT NULL CHECK (qty >= 0),
    PRIMARY KEY (warehouse_id, grant_id, gnum)
) STRICT;
