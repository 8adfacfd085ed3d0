-- Which data key seals what is written from now on; every act reads it with the row it holds. The
-- prints tell a node that it was given other secrets than the database was made with.
ALTER TABLE warehouses ADD COLUMN data_key INTEGER NOT NULL DEFAULT 1;
ALTER TABLE warehouses ADD COLUMN data_print BLOB;             -- keyed hash of nothing, by that key
ALTER TABLE warehouses ADD COLUMN authority_print TEXT;        -- name of the signing key
