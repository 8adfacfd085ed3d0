-- Why a shop is not told: what its server answered last, and since when it has not accepted anything.
ALTER TABLE callbacks ADD COLUMN failing_since INTEGER;
ALTER TABLE callbacks ADD COLUMN last_answer TEXT NOT NULL DEFAULT '';
