-- Looks are audited too, and forgotten after half a year: by their age.
CREATE INDEX audit_of_looks ON audit (at) WHERE method IN ('GET', 'HEAD');
