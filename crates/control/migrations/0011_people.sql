-- People who use the lake over a network: accounts of the lake's own, the groups that they are in, and their sessions.

-- A name is never given twice: the trail names people by it. `roles` are words separated by spaces. `password` is a hash
-- in PHC form, `totp` a secret that is sealed to the door, `totp_step` the last 30 seconds whose code was taken.
CREATE TABLE person (
    name        TEXT   NOT NULL PRIMARY KEY,
    display     TEXT   NOT NULL,
    roles       TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    suspended   BIGINT,
    expires     BIGINT,
    removed     BIGINT,
    password    TEXT,
    totp        BYTEA,
    totp_step   BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE person_group (
    name    TEXT   NOT NULL PRIMARY KEY,
    roles   TEXT   NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE person_group_member (
    group_name TEXT NOT NULL REFERENCES person_group (name),
    person     TEXT NOT NULL REFERENCES person (name),
    PRIMARY KEY (group_name, person)
);
CREATE INDEX person_group_member_person ON person_group_member (person);

-- Keyed hashes of codes that stand in for a lost device, once each.
CREATE TABLE recovery_code (
    person TEXT   NOT NULL REFERENCES person (name),
    mac    BYTEA  NOT NULL,
    PRIMARY KEY (person, mac)
);

-- Sessions of the console, under hashes of their tokens.
CREATE TABLE console_session (
    mac           BYTEA  NOT NULL PRIMARY KEY,
    person        TEXT   NOT NULL REFERENCES person (name),
    second_factor BIGINT NOT NULL,
    began         BIGINT NOT NULL,
    seen          BIGINT NOT NULL,
    expires       BIGINT NOT NULL
);
CREATE INDEX console_session_person ON console_session (person);
CREATE INDEX console_session_expires ON console_session (expires);
