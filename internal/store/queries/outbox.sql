-- name: InsertMessage :exec
INSERT INTO outbox (id, channel, kind, user_id, content, queued_at, due_at, expires_at)
VALUES (@id, @channel, @kind, @user_id, @content, @queued_at, @queued_at, @expires_at);

-- name: DueMessages :many
SELECT id, attempts FROM outbox
WHERE channel = @channel AND state = 'queued' AND due_at <= @now AND lease_until <= @now AND (expires_at = 0 OR expires_at > @now)
ORDER BY due_at, id LIMIT @page;

-- name: ClaimMessage :one
UPDATE outbox SET lease_until = @lease_until, attempts = attempts + 1
WHERE id = @id AND attempts = @attempts AND state = 'queued' AND lease_until <= @now
RETURNING *;

-- name: MarkMessageSent :execrows
UPDATE outbox SET state = 'sent', content = NULL, lease_until = 0, ended_at = @now, carrier_id = @carrier_id, reason = ''
WHERE id = @id AND attempts = @attempts AND state = 'queued' AND lease_until > 0;

-- name: MarkMessageRetry :execrows
UPDATE outbox SET due_at = @due_at, lease_until = 0, reason = @reason
WHERE id = @id AND attempts = @attempts AND state = 'queued' AND lease_until > 0;

-- name: MarkMessageDead :execrows
UPDATE outbox SET state = 'dead', lease_until = 0, ended_at = @now, reason = @reason
WHERE id = @id AND attempts = @attempts AND state = 'queued' AND lease_until > 0;

-- What is queued or dead has its content. The inner conditions choose a batch, the
-- outer ones are asked again of a row that was claimed meanwhile.
-- name: ExpireMessages :execrows
UPDATE outbox SET state = 'expired', content = NULL, lease_until = 0, ended_at = @now
WHERE outbox.state IN ('queued', 'dead') AND outbox.lease_until <= @now AND outbox.id IN (
    SELECT o.id FROM outbox AS o
    WHERE o.expires_at > 0 AND o.expires_at <= @now AND o.content IS NOT NULL AND o.lease_until <= @now
    ORDER BY o.expires_at LIMIT @batch
);

-- name: ExpireMessage :execrows
UPDATE outbox SET state = 'expired', content = NULL, lease_until = 0, ended_at = @now
WHERE id = @id AND state IN ('queued', 'dead') AND expires_at > 0 AND expires_at <= @now AND lease_until <= @now;

-- Two bounds in place of an equality, as in AuditPageOfTarget.
-- name: MessagesInState :many
SELECT * FROM outbox WHERE state >= @state AND (state, id) < (@state, @before)
ORDER BY state DESC, id DESC LIMIT @page;

-- name: RetryMessage :execrows
UPDATE outbox SET state = 'queued', due_at = @now, lease_until = 0, attempts = 0, ended_at = 0
WHERE id = @id AND state = 'dead' AND (expires_at = 0 OR expires_at > @now);

-- name: DropMessage :execrows
DELETE FROM outbox WHERE id = @id AND state IN ('queued', 'dead') AND lease_until <= @now;

-- Counting ends at a page.
-- name: CountMessages :one
SELECT COUNT(*) FROM (SELECT o.id FROM outbox AS o WHERE o.state = @state LIMIT @page) AS counted;

-- name: OldestDueMessage :many
SELECT due_at FROM outbox WHERE state = 'queued' AND due_at <= @now ORDER BY due_at LIMIT 1;

-- name: DeleteMessagesBefore :execrows
DELETE FROM outbox WHERE outbox.id IN (
    SELECT o.id FROM outbox AS o WHERE o.ended_at > 0 AND o.ended_at < @before ORDER BY o.ended_at LIMIT @batch
);

-- Forward only: nothing, then under way, then one of the final two.
-- name: RecordDelivery :one
UPDATE outbox SET delivery = @delivery, delivery_code = @delivery_code, delivery_at = @delivery_at
WHERE id = @id AND (delivery = '' OR delivery = 'underway' AND @delivery <> 'underway')
RETURNING *;

-- name: MessageByID :one
SELECT * FROM outbox WHERE id = @id;

-- name: SupersedeCodes :exec
UPDATE outbox SET state = 'expired', content = NULL, ended_at = @now, reason = 'superseded'
WHERE user_id = @user_id AND channel = @channel AND kind = 'code' AND state = 'queued' AND lease_until <= @now;
