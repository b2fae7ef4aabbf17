-- What sources sent by day and what has changed in it; what tables held at a version.

INSERT INTO counter (name, value) VALUES ('finding', 0);

-- One profile of each source and day (days since 1970, UTC), as the text that its writer makes. `step` grows with each
-- change, so that of two who add to one profile one notices.
CREATE TABLE feed_profile (
    source  TEXT   NOT NULL,
    day     BIGINT NOT NULL,
    step    BIGINT NOT NULL,
    profile TEXT   NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (source, day)
);

-- What is different in a source's day from the days before. A finding is open until somebody acknowledges it.
CREATE TABLE finding (
    id              BIGINT NOT NULL PRIMARY KEY,
    source          TEXT   NOT NULL,
    day             BIGINT NOT NULL,
    kind            TEXT   NOT NULL,
    place           TEXT   NOT NULL,
    sentence        TEXT   NOT NULL,
    detail          TEXT   NOT NULL,
    stops           BIGINT NOT NULL,
    found           BIGINT NOT NULL,
    acknowledged    BIGINT,
    acknowledged_by TEXT   NOT NULL DEFAULT '',
    note            TEXT   NOT NULL DEFAULT '',
    UNIQUE (source, day, kind, place)
);
CREATE INDEX finding_open ON finding (source, day) WHERE acknowledged IS NULL;

-- What a table held at a version of its Delta table, as the text that its writer makes.
CREATE TABLE table_profile (
    schema_name   TEXT   NOT NULL,
    table_name    TEXT   NOT NULL,
    delta_version BIGINT NOT NULL,
    profile       TEXT   NOT NULL,
    made          BIGINT NOT NULL,
    PRIMARY KEY (schema_name, table_name, delta_version)
);
