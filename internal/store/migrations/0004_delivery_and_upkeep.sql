-- What carriers report about a message, and an index for each upkeep query that
-- would otherwise read a whole table.

-- +goose Up
ALTER TABLE outbox ADD COLUMN delivery TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN delivery_code TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN delivery_at BIGINT NOT NULL DEFAULT 0;

CREATE INDEX attempt_counters_updated ON attempt_counters (updated_at);
CREATE INDEX refresh_tokens_successor ON refresh_tokens (used_at) WHERE successor IS NOT NULL;
CREATE INDEX user_mfa_pending ON user_mfa (expires_at) WHERE enabled = FALSE;

-- +goose Down
DROP INDEX user_mfa_pending;
DROP INDEX refresh_tokens_successor;
DROP INDEX attempt_counters_updated;
ALTER TABLE outbox DROP COLUMN delivery_at;
ALTER TABLE outbox DROP COLUMN delivery_code;
ALTER TABLE outbox DROP COLUMN delivery;
