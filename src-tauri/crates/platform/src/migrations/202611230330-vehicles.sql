-- Vehicles, as far as their own weights are known: what a gate pass adds to its goods.
CREATE TABLE vehicles (
    warehouse TEXT    NOT NULL,
    vehicle   TEXT    NOT NULL,                     -- plate
    body      TEXT    NOT NULL,                     -- JSON of vehicles::Vehicle
    listed_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse, vehicle)
) STRICT;

-- What a pass declared, what the weighbridge read and why it was refused. Weights in 1e-5 kg.
ALTER TABLE gate_passes ADD COLUMN total_weight INTEGER;
ALTER TABLE gate_passes ADD COLUMN weighed INTEGER;
ALTER TABLE gate_passes ADD COLUMN weight_error INTEGER;
ALTER TABLE gate_passes ADD COLUMN why TEXT;
ALTER TABLE gate_passes ADD COLUMN assumed INTEGER NOT NULL DEFAULT 0;

-- Customs' own mark on a note (vrfdedMarkcd), beside our booking of it.
ALTER TABLE bonded_notes ADD COLUMN debit_mark TEXT NOT NULL DEFAULT '';
