-- +goose Up
-- Open sessions, newest first, for administrators.
CREATE INDEX sessions_open ON sessions (id) WHERE ended_at = 0;

-- What happened in each minute on each node, for charts.
CREATE TABLE node_samples (
    at                BIGINT NOT NULL,
    node              TEXT   NOT NULL,
    sign_ins          BIGINT NOT NULL,
    failures          BIGINT NOT NULL,
    connections       BIGINT NOT NULL,
    revocations       BIGINT NOT NULL,
    revocation_micros BIGINT NOT NULL,
    revocation_worst  BIGINT NOT NULL,
    PRIMARY KEY (at, node)
);

-- +goose Down
DROP TABLE node_samples;
DROP INDEX sessions_open;
