-- Jobs and their schedules, the runs that they queue, and the marts that are registered.

INSERT INTO counter (name, value) VALUES ('mart', 0);

-- What was one row for each thing that was run is now one run: of a job, or of nothing but itself.
ALTER TABLE job RENAME TO job_run;
ALTER TABLE job_run ADD COLUMN job TEXT;
ALTER TABLE job_run ADD COLUMN resource TEXT;
ALTER TABLE job_run ADD COLUMN cause TEXT NOT NULL DEFAULT 'command';
-- The time that a schedule meant.
ALTER TABLE job_run ADD COLUMN due BIGINT;
ALTER TABLE job_run ADD COLUMN queued BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job_run ADD COLUMN not_before BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job_run ADD COLUMN attempt BIGINT NOT NULL DEFAULT 1;
-- How it was asked for, such as `whole`.
ALTER TABLE job_run ADD COLUMN asked TEXT NOT NULL DEFAULT '';
-- Who works at it, in the shape of a lane's lease; nobody if it was not claimed.
ALTER TABLE job_run ADD COLUMN holder TEXT;
ALTER TABLE job_run ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job_run ADD COLUMN expires BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job_run ADD COLUMN stop BIGINT NOT NULL DEFAULT 0;
-- Inputs and outputs by version, rows, bytes, times, plan: JSON.
ALTER TABLE job_run ADD COLUMN facts TEXT NOT NULL DEFAULT '';

CREATE INDEX job_run_open ON job_run (not_before, id) WHERE ended IS NULL;
CREATE INDEX job_run_of ON job_run (job, id) WHERE job IS NOT NULL;
CREATE INDEX job_run_ended ON job_run (ended) WHERE ended IS NOT NULL;

CREATE TABLE job (
    name       TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    target     TEXT   NOT NULL,
    owner      TEXT   NOT NULL,
    -- Runs of one resource count together against its limit.
    resource   TEXT   NOT NULL,
    schedule   TEXT   NOT NULL,
    zone       TEXT   NOT NULL,
    missed     TEXT   NOT NULL,
    on_commit  BIGINT NOT NULL CHECK (on_commit IN (0, 1)),
    settle_ms  BIGINT NOT NULL,
    retries    BIGINT NOT NULL,
    backoff_ms BIGINT NOT NULL,
    timeout_ms BIGINT NOT NULL,
    paused     BIGINT NOT NULL CHECK (paused IN (0, 1)),
    -- When the clock queues it next; null if it never does.
    next_due   BIGINT,
    -- The sequence that its newest run was made from, and when that was queued.
    made_from  BIGINT NOT NULL,
    queued     BIGINT NOT NULL
);
CREATE INDEX job_due ON job (next_due) WHERE paused = 0;

-- How many runs of a resource may be at work at once; one if it is not named here.
CREATE TABLE job_limit (
    resource TEXT   NOT NULL PRIMARY KEY,
    at_once  BIGINT NOT NULL CHECK (at_once > 0)
);

-- What a run says while it is at work.
CREATE TABLE run_line (
    run   BIGINT NOT NULL REFERENCES job_run (id),
    line  BIGINT NOT NULL,
    at    BIGINT NOT NULL,
    said  TEXT   NOT NULL,
    PRIMARY KEY (run, line)
);

-- Each registration of a mart, with the texts of its folder. Of one name the newest counts, unless it is `gone`.
CREATE TABLE registered_mart (
    number     BIGINT NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    registered BIGINT NOT NULL
);
CREATE TABLE mart_file (
    mart BIGINT NOT NULL REFERENCES registered_mart (number),
    file TEXT   NOT NULL,
    said TEXT   NOT NULL,
    PRIMARY KEY (mart, file)
);
