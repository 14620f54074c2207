-- name: StartCounter :exec
INSERT INTO attempt_counters (subject, factor, failures, updated_at)
VALUES (@subject, @factor, 0, @now) ON CONFLICT (subject, factor) DO NOTHING;

-- name: CountAttempt :one
UPDATE attempt_counters SET failures = failures + 1, updated_at = @now
WHERE subject = @subject AND factor = @factor AND locked_until <= @now AND failures < @hard_limit
RETURNING failures;

-- name: LockAttempts :exec
UPDATE attempt_counters SET locked_until = @locked_until WHERE subject = @subject AND factor = @factor;

-- name: AttemptCounter :one
SELECT * FROM attempt_counters WHERE subject = @subject AND factor = @factor;

-- name: ClearAttempts :execrows
DELETE FROM attempt_counters WHERE subject = @subject AND factor = @factor;

-- name: ClearAttemptsOfSubject :execrows
DELETE FROM attempt_counters WHERE subject = @subject;
