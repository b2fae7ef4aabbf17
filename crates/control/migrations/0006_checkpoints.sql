-- The log of audit checkpoints, as far as it is used every day; the audit zone has all of it.

-- `checkpointed`: how many of the chain's records a checkpoint tells of. `closed`: the writer has ended its chain.
-- `ended`: it was found to have stopped without that, which was recorded.
ALTER TABLE audit_head ADD COLUMN checkpointed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit_head ADD COLUMN closed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit_head ADD COLUMN ended BIGINT NOT NULL DEFAULT 0;

-- The newest checkpoint (one row), the one up to which all was proved, and how many leaves stand before its object.
CREATE TABLE audit_checkpoint (
    name   TEXT   NOT NULL PRIMARY KEY,
    leaves BIGINT NOT NULL,
    size   BIGINT NOT NULL,
    text   TEXT   NOT NULL,
    made   BIGINT NOT NULL
);
