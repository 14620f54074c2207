-- +goose Up
CREATE TABLE oauth_accounts (
    id               TEXT    NOT NULL PRIMARY KEY,
    user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider         TEXT    NOT NULL,
    issuer           TEXT    NOT NULL,
    provider_user_id TEXT    NOT NULL,
    email            TEXT    NOT NULL DEFAULT '',
    email_verified   BOOLEAN NOT NULL DEFAULT FALSE,
    access_token     BLOB,
    refresh_token    BLOB,
    token_expires_at BIGINT  NOT NULL DEFAULT 0,
    last_used_at     BIGINT  NOT NULL DEFAULT 0,
    created_at       BIGINT  NOT NULL,
    updated_at       BIGINT  NOT NULL
);
CREATE UNIQUE INDEX oauth_accounts_identity ON oauth_accounts (provider, issuer, provider_user_id);
CREATE INDEX oauth_accounts_user ON oauth_accounts (user_id);

-- +goose Down
DROP TABLE oauth_accounts;
