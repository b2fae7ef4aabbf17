-- What people say of tables, those that lie outside among them: who answers for one, what it is found by, how long it is
-- to be kept. `said` is JSON.
CREATE TABLE table_note (
    schema_name TEXT   NOT NULL,
    table_name  TEXT   NOT NULL,
    said        TEXT   NOT NULL,
    actor       TEXT   NOT NULL,
    changed     BIGINT NOT NULL,
    PRIMARY KEY (schema_name, table_name)
);
