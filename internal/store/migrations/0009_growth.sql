-- What would read more rows the more people there are gets an index that ends where
-- the answer does.

-- +goose Up
CREATE INDEX users_admins ON users (id) WHERE role = 'admin';

-- What waits, by carrier and by person, and what runs out.
CREATE INDEX outbox_queue ON outbox (channel, due_at, id) WHERE state = 'queued';
CREATE INDEX outbox_waiting ON outbox (user_id, channel) WHERE state = 'queued';
CREATE INDEX outbox_expires ON outbox (expires_at) WHERE expires_at > 0 AND content IS NOT NULL;
CREATE INDEX outbox_state ON outbox (state, id);

-- The counters of addresses that nobody has. Those of people, whose ids sort before,
-- stay.
CREATE INDEX attempt_counters_strangers ON attempt_counters (updated_at) WHERE subject >= 'unknown:';

-- +goose Down
DROP INDEX attempt_counters_strangers;
DROP INDEX outbox_state;
DROP INDEX outbox_expires;
DROP INDEX outbox_waiting;
DROP INDEX outbox_queue;
DROP INDEX users_admins;
