-- Makes the row or, where there is one, locks it: until the transaction ends
-- nobody deletes it or counts on it.
-- name: StartCounter :exec
INSERT INTO attempt_counters (subject, factor, failures, updated_at)
VALUES (@subject, @factor, 0, @now)
ON CONFLICT (subject, factor) DO UPDATE SET failures = attempt_counters.failures;

-- name: CountAttempt :one
UPDATE attempt_counters SET failures = failures + 1, updated_at = @now
WHERE subject = @subject AND factor = @factor AND locked_until <= @now AND failures < @hard_limit
RETURNING failures;

-- name: LockAttempts :exec
UPDATE attempt_counters SET locked_until = @locked_until WHERE subject = @subject AND factor = @factor;

-- name: AttemptCounter :one
SELECT * FROM attempt_counters WHERE subject = @subject AND factor = @factor;

-- name: AttemptCountersOfSubject :many
SELECT * FROM attempt_counters WHERE subject = @subject AND failures > 0 ORDER BY factor;

-- name: ClearAttempts :execrows
DELETE FROM attempt_counters WHERE subject = @subject AND factor = @factor;

-- name: ClearAttemptsOfSubject :execrows
DELETE FROM attempt_counters WHERE subject = @subject;

-- The subject of an address that nobody has begins with "unknown:", behind every id.
-- The conditions stand twice: the inner ones choose a batch, the outer ones are asked
-- again of a row that was counted up meanwhile.
-- name: DeleteAttemptsOfNobody :execrows
DELETE FROM attempt_counters
WHERE attempt_counters.updated_at < @before AND attempt_counters.locked_until <= @now AND (attempt_counters.subject, attempt_counters.factor) IN (
    SELECT c.subject, c.factor FROM attempt_counters AS c
    WHERE c.subject >= 'unknown:' AND c.updated_at < @before AND c.locked_until <= @now
    ORDER BY c.updated_at LIMIT @batch
);
