-- One handle, one user: an authenticator's answer never fits two.

-- +goose Up
CREATE UNIQUE INDEX users_webauthn_handle ON users (webauthn_handle);

-- +goose Down
DROP INDEX users_webauthn_handle;
