-- Who may sign in here. Local.
CREATE TABLE people (
    warehouse_id TEXT    NOT NULL,
    person_id    TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    role         TEXT    NOT NULL,
    password     TEXT    NOT NULL, -- argon2 PHC string, '' when only a badge opens
    badge_hash   BLOB    NOT NULL, -- SHA-256 of the badge's 128 random bits, empty without badge
    active       INTEGER NOT NULL CHECK (active IN (0, 1)),
    failures     INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    locked_until INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (warehouse_id, person_id)
) STRICT;
CREATE UNIQUE INDEX people_by_badge ON people (warehouse_id, badge_hash) WHERE length(badge_hash) > 0;
