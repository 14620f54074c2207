-- One dialect for both engines: SQLite reads this as it is; for PostgreSQL the
-- word BLOB is read as BYTEA. Times are UTC microseconds, 0 means never.

-- +goose Up
CREATE TABLE users (
    id                  TEXT    NOT NULL PRIMARY KEY,
    email               TEXT    NOT NULL,
    email_canonical     TEXT    NOT NULL,
    email_verified_at   BIGINT  NOT NULL DEFAULT 0,
    name                TEXT    NOT NULL DEFAULT '',
    role                TEXT    NOT NULL DEFAULT 'user',
    password_hash       TEXT    NOT NULL DEFAULT '',
    password_changed_at BIGINT  NOT NULL DEFAULT 0,
    webauthn_handle     BLOB    NOT NULL,
    disabled_at         BIGINT  NOT NULL DEFAULT 0,
    created_at          BIGINT  NOT NULL,
    updated_at          BIGINT  NOT NULL,
    last_login_at       BIGINT  NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX users_email_canonical ON users (email_canonical);

CREATE TABLE sessions (
    id           TEXT   NOT NULL PRIMARY KEY,
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    aal          BIGINT NOT NULL,
    proofs       TEXT   NOT NULL,
    client       TEXT   NOT NULL,
    ip           TEXT   NOT NULL DEFAULT '',
    user_agent   TEXT   NOT NULL DEFAULT '',
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL DEFAULT 0,
    end_reason   TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX sessions_user ON sessions (user_id, ended_at);
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash          BLOB   NOT NULL PRIMARY KEY,
    session_id    TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    binding       BLOB   NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    used_at       BIGINT NOT NULL DEFAULT 0,
    successor     BLOB,
    grace_used_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expires ON refresh_tokens (expires_at);

CREATE TABLE revocations (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    value      TEXT   NOT NULL,
    not_before BIGINT NOT NULL DEFAULT 0,
    reason     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revocations_created ON revocations (created_at);
CREATE INDEX revocations_expires ON revocations (expires_at);

CREATE TABLE user_mfa (
    id           TEXT    NOT NULL PRIMARY KEY,
    user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    method       TEXT    NOT NULL,
    name         TEXT    NOT NULL DEFAULT '',
    secret       BLOB,
    phone        TEXT    NOT NULL DEFAULT '',
    email        TEXT    NOT NULL DEFAULT '',
    enabled      BOOLEAN NOT NULL DEFAULT FALSE,
    last_step    BIGINT  NOT NULL DEFAULT 0,
    expires_at   BIGINT  NOT NULL DEFAULT 0,
    last_used_at BIGINT  NOT NULL DEFAULT 0,
    created_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL
);
CREATE INDEX user_mfa_user ON user_mfa (user_id);

CREATE TABLE mfa_backup_codes (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_id    TEXT    NOT NULL,
    code_hash  TEXT    NOT NULL UNIQUE,
    used       BOOLEAN NOT NULL DEFAULT FALSE,
    used_at    BIGINT  NOT NULL DEFAULT 0,
    created_at BIGINT  NOT NULL
);
CREATE UNIQUE INDEX mfa_backup_codes_user ON mfa_backup_codes (user_id, code_id);

CREATE TABLE attempt_counters (
    subject      TEXT   NOT NULL,
    factor       TEXT   NOT NULL,
    failures     BIGINT NOT NULL,
    locked_until BIGINT NOT NULL DEFAULT 0,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (subject, factor)
);

CREATE TABLE one_time_tokens (
    kind        TEXT   NOT NULL,
    hash        BLOB   NOT NULL,
    user_id     TEXT   NOT NULL DEFAULT '',
    session_id  TEXT   NOT NULL DEFAULT '',
    data        BLOB   NOT NULL,
    tries_left  BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    consumed_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, hash)
);
CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id, kind);
CREATE INDEX one_time_tokens_expires ON one_time_tokens (expires_at);

CREATE TABLE audit_logs (
    id         TEXT   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    result     TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    actor_id   TEXT   NOT NULL,
    actor_kind TEXT   NOT NULL,
    target_id  TEXT   NOT NULL,
    session_id TEXT   NOT NULL,
    factor     TEXT   NOT NULL,
    client_ip  TEXT   NOT NULL,
    ip_prefix  TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    user_agent TEXT   NOT NULL,
    details    TEXT   NOT NULL,
    chain_seq  BIGINT NOT NULL DEFAULT 0,
    chain_hash BLOB
);
CREATE INDEX audit_logs_target ON audit_logs (target_id, id);
CREATE INDEX audit_logs_name ON audit_logs (name, id);
CREATE INDEX audit_logs_chain ON audit_logs (chain_seq, id);

CREATE TABLE audit_chain (
    id   BIGINT NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL,
    hash BLOB   NOT NULL
);

CREATE TABLE audit_checkpoints (
    seq        BIGINT NOT NULL PRIMARY KEY,
    hash       BLOB   NOT NULL,
    mac        BLOB   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    id          TEXT   NOT NULL PRIMARY KEY,
    alg         TEXT   NOT NULL,
    private_key BLOB   NOT NULL,
    created_at  BIGINT NOT NULL,
    active_from BIGINT NOT NULL,
    retires_at  BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE outbox (
    id          TEXT   NOT NULL PRIMARY KEY,
    channel     TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    user_id     TEXT   NOT NULL DEFAULT '',
    content     BLOB,
    state       TEXT   NOT NULL DEFAULT 'queued',
    attempts    BIGINT NOT NULL DEFAULT 0,
    queued_at   BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    expires_at  BIGINT NOT NULL DEFAULT 0,
    ended_at    BIGINT NOT NULL DEFAULT 0,
    carrier_id  TEXT   NOT NULL DEFAULT '',
    reason      TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX outbox_due ON outbox (state, due_at);
CREATE INDEX outbox_ended ON outbox (ended_at);

-- +goose Down
DROP TABLE outbox;
DROP TABLE signing_keys;
DROP TABLE audit_checkpoints;
DROP TABLE audit_chain;
DROP TABLE audit_logs;
DROP TABLE one_time_tokens;
DROP TABLE attempt_counters;
DROP TABLE mfa_backup_codes;
DROP TABLE user_mfa;
DROP TABLE revocations;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE users;
