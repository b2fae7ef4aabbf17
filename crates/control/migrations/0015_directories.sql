-- Directories that keep people and groups here (SCIM 2.0: RFC 7643, RFC 7644).

-- `networks` as for providers. `subjects`: whether what a directory calls people by, `externalId`, is their subject at the
-- provider that they sign in at.
CREATE TABLE directory (
    name     TEXT   NOT NULL PRIMARY KEY,
    networks TEXT   NOT NULL,
    subjects BIGINT NOT NULL,
    created  BIGINT NOT NULL,
    disabled BIGINT
);

-- What a directory shows, under keyed hashes.
CREATE TABLE directory_token (
    mac       BYTEA  NOT NULL PRIMARY KEY,
    directory TEXT   NOT NULL REFERENCES directory (name),
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL
);

-- Who keeps them, and what they are called there. `inactive` is the directory's word, `suspended` the lake's own: neither
-- lifts the other.
ALTER TABLE person ADD COLUMN directory TEXT REFERENCES directory (name);
ALTER TABLE person ADD COLUMN external_id TEXT;
ALTER TABLE person ADD COLUMN inactive BIGINT;
ALTER TABLE person ADD COLUMN changed BIGINT;
CREATE INDEX person_directory ON person (directory) WHERE directory IS NOT NULL;

ALTER TABLE person_group ADD COLUMN directory TEXT REFERENCES directory (name);
ALTER TABLE person_group ADD COLUMN external_id TEXT;
ALTER TABLE person_group ADD COLUMN display TEXT;
ALTER TABLE person_group ADD COLUMN changed BIGINT;
