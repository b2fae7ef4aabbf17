-- Stores and databases outside, what crawls them, and what was found there.

CREATE TABLE connection (
    name    TEXT   NOT NULL PRIMARY KEY,
    kind    TEXT   NOT NULL,
    -- Its properties that are no secret: JSON.
    said    TEXT   NOT NULL,
    -- What is secret of it, sealed; null if nothing is.
    secret  BYTEA,
    actor   TEXT   NOT NULL,
    changed BIGINT NOT NULL
);

CREATE TABLE crawler (
    name    TEXT   NOT NULL PRIMARY KEY,
    -- What it crawls and how: JSON.
    said    TEXT   NOT NULL,
    actor   TEXT   NOT NULL,
    changed BIGINT NOT NULL
);

-- Tables that lie outside. Those of a crawler are numbered within it; those that somebody wrote down have none.
CREATE TABLE external_table (
    schema_name  TEXT   NOT NULL,
    table_name   TEXT   NOT NULL,
    crawler      TEXT   NOT NULL,
    number       BIGINT NOT NULL,
    -- Place, format, label, description and partition keys: JSON.
    said         TEXT   NOT NULL,
    -- The version of its columns, from 1.
    version      BIGINT NOT NULL,
    object_count BIGINT NOT NULL,
    byte_count   BIGINT NOT NULL,
    row_count    BIGINT,
    first_seen   BIGINT NOT NULL,
    changed      BIGINT NOT NULL,
    -- Since when nothing of it is there; null if something is.
    gone         BIGINT,
    PRIMARY KEY (schema_name, table_name)
);
CREATE INDEX external_table_of ON external_table (crawler, number);

-- The columns that it had, each time that they changed: JSON.
CREATE TABLE external_version (
    schema_name TEXT   NOT NULL,
    table_name  TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    columns     TEXT   NOT NULL,
    PRIMARY KEY (schema_name, table_name, version)
);

CREATE TABLE external_partition (
    schema_name  TEXT   NOT NULL,
    table_name   TEXT   NOT NULL,
    -- Its values in the order of the keys: JSON.
    part         TEXT   NOT NULL,
    object_count BIGINT NOT NULL,
    byte_count   BIGINT NOT NULL,
    changed      BIGINT NOT NULL,
    gone         BIGINT,
    PRIMARY KEY (schema_name, table_name, part)
);

-- What a crawler has looked at, by keyed hashes of its name and of how it stood.
CREATE TABLE crawled_object (
    crawler    TEXT   NOT NULL,
    name_hash  BYTEA  NOT NULL,
    state_hash BYTEA  NOT NULL,
    -- The table that it is of; 0 if it was not recognised.
    number     BIGINT NOT NULL,
    part       TEXT   NOT NULL,
    byte_count BIGINT NOT NULL,
    row_count  BIGINT,
    PRIMARY KEY (crawler, name_hash)
);
