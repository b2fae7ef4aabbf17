-- Views that are registered, and tables that are dropped from the catalogue.

INSERT INTO counter (name, value) VALUES ('view', 0);

-- From a version whose `dropped` is 1 on there is no such table.
ALTER TABLE table_version ADD COLUMN dropped BIGINT NOT NULL DEFAULT 0 CHECK (dropped IN (0, 1));

-- Each registration has a number, and a table of its own; `resource` is the type that the view is over. `from_seq` is
-- the sequence that its build began from: what was published later is appended as it comes.
CREATE TABLE registered_view (
    number      BIGINT NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    resource    TEXT   NOT NULL,
    definition  TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    from_seq    BIGINT,
    registered  BIGINT NOT NULL,
    job         BIGINT REFERENCES job (id),
    slices_done BIGINT NOT NULL,
    slices      BIGINT NOT NULL,
    row_count   BIGINT NOT NULL,
    skipped     BIGINT NOT NULL,
    error       TEXT   NOT NULL
);
