-- People who sign in at an outside OpenID Connect provider.

-- Who somebody is there: issuer and subject, apart by a space; null for whoever signs in here only.
ALTER TABLE person ADD COLUMN outside TEXT;
CREATE UNIQUE INDEX person_outside ON person (outside) WHERE outside IS NOT NULL;

-- Roles that the provider's groups open, for as long as the session.
ALTER TABLE console_session ADD COLUMN roles TEXT NOT NULL DEFAULT '';
