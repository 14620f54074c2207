-- Whether the password was set by a mailed link and no other factor was shown
-- since: an e-mail code after it would be the same mailbox twice.

-- +goose Up
ALTER TABLE users ADD COLUMN password_mailed BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE users DROP COLUMN password_mailed;
