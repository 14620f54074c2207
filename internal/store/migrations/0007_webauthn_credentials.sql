-- +goose Up
CREATE TABLE webauthn_credentials (
    id             TEXT    NOT NULL PRIMARY KEY,
    user_id        TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id  BLOB    NOT NULL,
    public_key     BLOB    NOT NULL,
    sign_count     BIGINT  NOT NULL,
    device_type    TEXT    NOT NULL,
    backed_up      BOOLEAN NOT NULL,
    uv_initialized BOOLEAN NOT NULL,
    aaguid         TEXT    NOT NULL,
    transports     TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    created_at     BIGINT  NOT NULL,
    last_used      BIGINT  NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX webauthn_credentials_credential ON webauthn_credentials (credential_id);
CREATE INDEX webauthn_credentials_user ON webauthn_credentials (user_id);

-- +goose Down
DROP TABLE webauthn_credentials;
