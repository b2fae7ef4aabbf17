-- Legal holds: records of the audit trail that stay, however old they become.

INSERT INTO counter (name, value) VALUES ('audit_hold', 0);

-- `from_time` and `until_time`: when the records were recorded; null means since ever and for ever. A hold is open until
-- it is released.
CREATE TABLE audit_hold (
    id          BIGINT NOT NULL PRIMARY KEY,
    reason      TEXT   NOT NULL,
    placed_by   TEXT   NOT NULL,
    placed      BIGINT NOT NULL,
    from_time   BIGINT,
    until_time  BIGINT,
    released    BIGINT,
    released_by TEXT   NOT NULL DEFAULT ''
);
