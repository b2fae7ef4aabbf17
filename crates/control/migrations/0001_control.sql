-- The control database. The same statements run on SQLite and on PostgreSQL, so there are only
-- BIGINT, TEXT and BYTEA. (On SQLite the type name BYTEA means numeric affinity, which leaves blobs as they are.)
-- Times are milliseconds since 1970. Numbers are taken from rows, under their lock, never from a sequence
-- of the database, so that none is skipped.

CREATE TABLE fact (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE counter (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('lane', 0), ('job', 0), ('commit_seq', 0), ('oldest_seq', 0);

-- A lane: who holds it, and how far its segments are registered and published.
CREATE TABLE lane (
    id         BIGINT NOT NULL PRIMARY KEY,
    holder     TEXT,
    epoch      BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    registered BIGINT NOT NULL,
    published  BIGINT NOT NULL,
    CHECK (published <= registered)
);

-- The one worker lease, in the shape of a lane's.
CREATE TABLE worker (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    holder  TEXT,
    epoch   BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
INSERT INTO worker (id, holder, epoch, expires) VALUES (1, NULL, 0, 0);

CREATE TABLE source (
    name    TEXT   NOT NULL PRIMARY KEY,
    lane    BIGINT NOT NULL REFERENCES lane (id),
    created BIGINT NOT NULL
);

CREATE TABLE provider (
    name       TEXT   NOT NULL PRIMARY KEY REFERENCES source (name),
    client_id  TEXT   NOT NULL UNIQUE,
    secret_mac BYTEA  NOT NULL,
    scopes     TEXT   NOT NULL,
    enabled    BIGINT NOT NULL,
    created    BIGINT NOT NULL
);

-- Registered segments. A row outlives its object: the ledger is the fold of the deltas.
CREATE TABLE segment (
    lane       BIGINT NOT NULL REFERENCES lane (id),
    ordinal    BIGINT NOT NULL,
    epoch      BIGINT NOT NULL,
    object_key TEXT   NOT NULL UNIQUE,
    sha256     BYTEA  NOT NULL,
    length     BIGINT NOT NULL,
    opened     BIGINT NOT NULL,
    resources  BIGINT NOT NULL,
    registered BIGINT NOT NULL,
    deleted    BIGINT,
    delta      BYTEA  NOT NULL,
    PRIMARY KEY (lane, ordinal)
);
CREATE INDEX segment_stored ON segment (lane, ordinal) WHERE deleted IS NULL;

-- Publications: an intent while `pending` is 1, of which there is one at most; published once it is null.
CREATE TABLE publication (
    seq       BIGINT NOT NULL PRIMARY KEY,
    kind      TEXT   NOT NULL,
    detail    TEXT   NOT NULL,
    epoch     BIGINT NOT NULL,
    began     BIGINT NOT NULL,
    published BIGINT,
    pending   BIGINT UNIQUE CHECK (pending = 1)
);

CREATE TABLE publication_lane (
    seq          BIGINT NOT NULL REFERENCES publication (seq),
    lane         BIGINT NOT NULL REFERENCES lane (id),
    from_ordinal BIGINT NOT NULL,
    to_ordinal   BIGINT NOT NULL,
    PRIMARY KEY (seq, lane),
    CHECK (from_ordinal < to_ordinal)
);
CREATE UNIQUE INDEX publication_lane_reach ON publication_lane (lane, to_ordinal);

-- The catalogue: a table, the shapes it has had, and its version at each sequence that touched it.
CREATE TABLE catalog_table (
    schema_name  TEXT   NOT NULL,
    table_name   TEXT   NOT NULL,
    latest_shape BIGINT NOT NULL,
    PRIMARY KEY (schema_name, table_name)
);

CREATE TABLE table_shape (
    schema_name TEXT   NOT NULL,
    table_name  TEXT   NOT NULL,
    shape       BIGINT NOT NULL,
    definition  TEXT   NOT NULL,
    PRIMARY KEY (schema_name, table_name, shape),
    FOREIGN KEY (schema_name, table_name) REFERENCES catalog_table (schema_name, table_name)
);

CREATE TABLE table_version (
    schema_name   TEXT   NOT NULL,
    table_name    TEXT   NOT NULL,
    seq           BIGINT NOT NULL REFERENCES publication (seq),
    shape         BIGINT NOT NULL,
    delta_version BIGINT NOT NULL,
    row_count     BIGINT NOT NULL,
    byte_count    BIGINT NOT NULL,
    made_from     BIGINT,
    PRIMARY KEY (schema_name, table_name, seq),
    FOREIGN KEY (schema_name, table_name, shape) REFERENCES table_shape (schema_name, table_name, shape)
);

-- How far files have been imported, by source and content. `taken` counts the resources that `checker`
-- finds good; `whole` is 1 once all of them are taken and none was rejected.
CREATE TABLE imported_file (
    source  TEXT   NOT NULL REFERENCES source (name),
    digest  BYTEA  NOT NULL,
    checker TEXT   NOT NULL,
    taken   BIGINT NOT NULL,
    whole   BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (source, digest)
);

CREATE TABLE job (
    id      BIGINT NOT NULL PRIMARY KEY,
    kind    TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    actor   TEXT   NOT NULL,
    state   TEXT   NOT NULL,
    detail  TEXT   NOT NULL,
    started BIGINT NOT NULL,
    ended   BIGINT,
    seq     BIGINT
);

-- The newest durable head of each audit writer, so that a tail cut off the trail is found.
CREATE TABLE audit_head (
    writer    TEXT   NOT NULL PRIMARY KEY,
    records   BIGINT NOT NULL,
    hash      BYTEA  NOT NULL,
    signature BYTEA  NOT NULL,
    seen      BIGINT NOT NULL
);

CREATE TABLE worker_state (
    name  TEXT  NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);
