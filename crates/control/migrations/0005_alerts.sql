-- What the watch over the audit trail has found, and how far it has come.

INSERT INTO counter (name, value) VALUES ('alert', 0);

-- Alerts. `alert_key` is the watch's own name for one, by which it goes on. The records are the first and the last
-- that were counted. `delivered` is when whoever is told of alerts has taken it; until then `attempts` counts the
-- tries, the last of which was at `attempted`.
CREATE TABLE alert (
    id              BIGINT NOT NULL PRIMARY KEY,
    alert_key       TEXT   NOT NULL UNIQUE,
    rule            TEXT   NOT NULL,
    severity        TEXT   NOT NULL,
    title           TEXT   NOT NULL,
    sentence        TEXT   NOT NULL,
    subject         TEXT   NOT NULL,
    counted         BIGINT NOT NULL,
    first_time      BIGINT NOT NULL,
    last_time       BIGINT NOT NULL,
    first_writer    TEXT   NOT NULL,
    first_index     BIGINT NOT NULL,
    last_writer     TEXT   NOT NULL,
    last_index      BIGINT NOT NULL,
    raised          BIGINT NOT NULL,
    acknowledged    BIGINT,
    acknowledged_by TEXT   NOT NULL DEFAULT '',
    note            TEXT   NOT NULL DEFAULT '',
    attempts        BIGINT NOT NULL DEFAULT 0,
    attempted       BIGINT,
    delivered       BIGINT
);
CREATE INDEX alert_open ON alert (id) WHERE acknowledged IS NULL;
CREATE INDEX alert_undelivered ON alert (id) WHERE delivered IS NULL;

-- What a watch remembers. `step` grows with each change, so that of two watches at work one notices.
CREATE TABLE watch_state (
    name  TEXT   NOT NULL PRIMARY KEY,
    step  BIGINT NOT NULL,
    state BYTEA  NOT NULL
);

-- How many records of each writer a watch has seen.
CREATE TABLE watch_cursor (
    name    TEXT   NOT NULL,
    writer  TEXT   NOT NULL,
    records BIGINT NOT NULL,
    PRIMARY KEY (name, writer)
);
