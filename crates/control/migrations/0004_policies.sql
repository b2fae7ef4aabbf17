-- Who may do what: the lake's own policies, and roles that were assumed.

INSERT INTO counter (name, value) VALUES ('policy', 0), ('assumption', 0);

-- Own policies, beside the built-in ones. The counter `policy` grows with each change.
CREATE TABLE policy (
    name    TEXT   NOT NULL PRIMARY KEY,
    text    TEXT   NOT NULL,
    changed BIGINT NOT NULL
);

-- A role that somebody acts in, why, and until when; `ended` if it was given back before.
CREATE TABLE assumption (
    id        BIGINT NOT NULL PRIMARY KEY,
    principal TEXT   NOT NULL,
    role      TEXT   NOT NULL,
    purpose   TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    began     BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    ended     BIGINT
);
CREATE INDEX assumption_principal ON assumption (principal, expires);
