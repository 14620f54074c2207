-- name: InsertOneTime :exec
INSERT INTO one_time_tokens (kind, hash, user_id, session_id, data, tries_left, created_at, expires_at)
VALUES (@kind, @hash, @user_id, @session_id, @data, @tries_left, @created_at, @expires_at);

-- name: OneTimeByHash :one
SELECT * FROM one_time_tokens WHERE kind = @kind AND hash = @hash AND consumed_at = 0 AND expires_at > @now;

-- name: ClaimOneTime :one
UPDATE one_time_tokens SET consumed_at = @now
WHERE kind = @kind AND hash = @hash AND consumed_at = 0 AND expires_at > @now
RETURNING *;

-- name: SpendTry :one
UPDATE one_time_tokens SET tries_left = tries_left - 1
WHERE kind = @kind AND hash = @hash AND consumed_at = 0 AND expires_at > @now AND tries_left > 0
RETURNING *;

-- name: ReplaceOneTimeData :execrows
UPDATE one_time_tokens SET data = @data, user_id = @user_id
WHERE kind = @kind AND hash = @hash AND consumed_at = 0 AND expires_at > @now AND data = @old_data;

-- name: KillOneTimeOfUser :execrows
UPDATE one_time_tokens SET consumed_at = @now
WHERE user_id = @user_id AND kind = @kind AND consumed_at = 0;

-- For a kind of few rows: two bounds keep a planner from taking it for a common one.
-- name: KillOneTimeOfKind :execrows
UPDATE one_time_tokens SET consumed_at = @now WHERE kind >= @kind AND kind <= @kind AND consumed_at = 0;

-- name: DeleteOneTimeOfUser :exec
DELETE FROM one_time_tokens WHERE user_id = @user_id AND user_id <> '';

-- name: DeleteOneTimeBefore :execrows
DELETE FROM one_time_tokens WHERE (kind, hash) IN (
    SELECT o.kind, o.hash FROM one_time_tokens AS o WHERE o.expires_at < @before ORDER BY o.expires_at LIMIT @batch
);

-- name: OneTimesOfUser :many
SELECT * FROM one_time_tokens WHERE user_id = @user_id AND kind = @kind AND consumed_at = 0 AND expires_at > @now
ORDER BY created_at DESC, hash;

-- name: ForgetOneTime :execrows
UPDATE one_time_tokens SET data = @data WHERE kind = @kind AND hash = @hash;
