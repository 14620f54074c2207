-- +goose Up
-- Nodes look every two seconds for users whom another node has changed.
CREATE INDEX users_changed ON users (updated_at);

-- +goose Down
DROP INDEX users_changed;
