-- What lists show of each, kept where it is listed: lists are long, and what they would be joined with is longer.

-- The newest run of a job and its state; 0 and empty before the first.
ALTER TABLE job ADD COLUMN last_run BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN last_state TEXT NOT NULL DEFAULT '';
UPDATE job SET last_run = COALESCE((SELECT MAX(r.id) FROM job_run r WHERE r.job = job.name), 0);
UPDATE job SET last_state = COALESCE((SELECT r.state FROM job_run r WHERE r.id = job.last_run), '');
CREATE INDEX job_states ON job (kind, last_state);
CREATE INDEX job_last ON job (last_run, name);

-- The newest version of a table, and what it is.
ALTER TABLE catalog_table ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE catalog_table ADD COLUMN latest_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE catalog_table ADD COLUMN dropped BIGINT NOT NULL DEFAULT 0;
ALTER TABLE catalog_table ADD COLUMN row_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE catalog_table ADD COLUMN byte_count BIGINT NOT NULL DEFAULT 0;
UPDATE catalog_table SET latest_seq = COALESCE((SELECT MAX(v.seq) FROM table_version v
    WHERE v.schema_name = catalog_table.schema_name AND v.table_name = catalog_table.table_name), 0);
UPDATE catalog_table SET
    dropped = COALESCE((SELECT v.dropped FROM table_version v WHERE v.schema_name = catalog_table.schema_name
        AND v.table_name = catalog_table.table_name AND v.seq = latest_seq), 1),
    row_count = COALESCE((SELECT v.row_count FROM table_version v WHERE v.schema_name = catalog_table.schema_name
        AND v.table_name = catalog_table.table_name AND v.seq = latest_seq), 0),
    byte_count = COALESCE((SELECT v.byte_count FROM table_version v WHERE v.schema_name = catalog_table.schema_name
        AND v.table_name = catalog_table.table_name AND v.seq = latest_seq), 0),
    kind = COALESCE((SELECT CASE
            WHEN d.definition LIKE '{"kind":"raw"%' THEN 'raw'
            WHEN d.definition LIKE '{"kind":"view"%' THEN 'view'
            WHEN d.definition LIKE '{"kind":"mart"%' THEN 'mart'
            WHEN d.definition LIKE '{"kind":"link"%' THEN 'link'
            ELSE 'internal' END
        FROM table_shape d WHERE d.schema_name = catalog_table.schema_name
        AND d.table_name = catalog_table.table_name AND d.shape = latest_shape), 'internal');

-- Resources that a source sent on a day, as its profile has them.
ALTER TABLE feed_profile ADD COLUMN resources BIGINT NOT NULL DEFAULT 0;
CREATE INDEX feed_profile_day ON feed_profile (day);

-- Questions that people keep.
CREATE TABLE saved_query (
    name    TEXT   NOT NULL PRIMARY KEY,
    owner   TEXT   NOT NULL,
    shared  BIGINT NOT NULL CHECK (shared IN (0, 1)),
    about   TEXT   NOT NULL,
    said    TEXT   NOT NULL,
    changed BIGINT NOT NULL
);
