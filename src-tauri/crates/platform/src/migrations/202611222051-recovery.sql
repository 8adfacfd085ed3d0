-- Set while a restored authority takes its journals back: JSON of sync::recovery::Recovery.
ALTER TABLE warehouses ADD COLUMN recovery TEXT;
-- Set once the authority of this warehouse answers elsewhere: its address.
ALTER TABLE warehouses ADD COLUMN moved_to TEXT;
