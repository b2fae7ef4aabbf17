-- How callers authenticate.

-- A provider may have several credentials, of several kinds, so that an old one can overlap with a new one.
-- `id` is what a caller names it by, where it does: a signing key's id, an issuer and its client.
CREATE TABLE credential (
    id       TEXT   NOT NULL PRIMARY KEY,
    provider TEXT   NOT NULL REFERENCES provider (name),
    kind     TEXT   NOT NULL,
    material BYTEA  NOT NULL,
    created  BIGINT NOT NULL,
    expires  BIGINT,
    revoked  BIGINT
);
CREATE INDEX credential_provider ON credential (provider);

INSERT INTO credential (id, provider, kind, material, created)
    SELECT 'secret-' || name, name, 'secret', secret_mac, created FROM provider;
ALTER TABLE provider DROP COLUMN secret_mac;

-- From where a provider may come: networks separated by spaces, none of which means any; and whether only over
-- the private addresses.
ALTER TABLE provider ADD COLUMN networks TEXT NOT NULL DEFAULT '';
ALTER TABLE provider ADD COLUMN private_only BIGINT NOT NULL DEFAULT 0;

-- Key sets that lie elsewhere, as they were fetched last. `wanted` is when somebody asked for a newer one.
CREATE TABLE key_set (
    url     TEXT   NOT NULL PRIMARY KEY,
    jwks    BYTEA,
    fetched BIGINT,
    tried   BIGINT,
    wanted  BIGINT,
    error   TEXT   NOT NULL
);

-- Outside issuers whose access tokens are taken. `key_set` is told by the issuer's own metadata.
CREATE TABLE issuer (
    name         TEXT   NOT NULL PRIMARY KEY,
    url          TEXT   NOT NULL UNIQUE,
    audience     TEXT   NOT NULL,
    scope_prefix TEXT   NOT NULL,
    own_grants   BIGINT NOT NULL,
    key_set      TEXT   REFERENCES key_set (url),
    created      BIGINT NOT NULL
);

-- Keyed hashes of what counts once: client assertions.
CREATE TABLE used_once (
    mac     BYTEA  NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
);
CREATE INDEX used_once_expires ON used_once (expires);

-- What was answered to signed requests, under keyed hashes of their signatures, sealed to the door; with the
-- ordinal in its lane that the answer's receipt names.
CREATE TABLE first_answer (
    request BYTEA  NOT NULL PRIMARY KEY,
    ordinal BIGINT NOT NULL,
    answer  BYTEA  NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX first_answer_expires ON first_answer (expires);
