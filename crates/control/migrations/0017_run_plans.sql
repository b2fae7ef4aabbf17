-- How the models of a run were carried out, for whoever asks why one took its time or its memory. A plan holds what
-- stands in the model's text, and nothing of rows.
CREATE TABLE run_plan (
    run   BIGINT NOT NULL,
    model TEXT   NOT NULL,
    said  TEXT   NOT NULL,
    PRIMARY KEY (run, model)
);
