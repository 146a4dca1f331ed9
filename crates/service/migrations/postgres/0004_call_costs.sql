-- What the vendor of a call charges at most, where the catalog says: the operator's loss if its process dies.
ALTER TABLE call ADD COLUMN cost_max BIGINT;
