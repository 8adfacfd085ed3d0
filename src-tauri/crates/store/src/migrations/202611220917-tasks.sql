-- Where each person is in each room: one open task. Local. Never holds personal data of buyers.
CREATE TABLE tasks (
    warehouse_id TEXT    NOT NULL,
    room         TEXT    NOT NULL,
    person_id    TEXT    NOT NULL,
    state        TEXT    NOT NULL, -- JSON of the room's own making
    changed_at   INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, room, person_id)
) STRICT;
