-- Scanners and scales bound to this workstation. Local: what is plugged in here concerns nobody else.
CREATE TABLE peripherals (
    warehouse_id TEXT NOT NULL,
    name         TEXT NOT NULL,
    setting      TEXT NOT NULL, -- JSON, as domain::peripheral::Peripheral writes it
    PRIMARY KEY (warehouse_id, name)
) STRICT;

-- The scan log holds every scan that became no fact of the journal: refused ones, and accepted ones
-- that only chose a job or confirmed a step. '' in what was written before outcomes were kept.
ALTER TABLE scan_log ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
