-- name: EnterGate :one
INSERT INTO sms_gate (id, breaker_until) VALUES (1, 0)
ON CONFLICT (id) DO UPDATE SET id = excluded.id
RETURNING breaker_until;

-- name: TripBreaker :exec
UPDATE sms_gate SET breaker_until = @until WHERE id = 1;

-- name: InsertSend :exec
INSERT INTO sms_sends (id, number, country, user_id, ip_prefix, sent_at)
VALUES (@id, @number, @country, @user_id, @ip_prefix, @sent_at);

-- name: MarkSendTyped :exec
UPDATE sms_sends SET typed_at = @now WHERE id = @id;

-- name: NthSendByNumber :many
SELECT sent_at FROM sms_sends WHERE number = @number AND sent_at > @since ORDER BY sent_at DESC LIMIT 1 OFFSET @skip;

-- name: NthSendByUser :many
SELECT sent_at FROM sms_sends WHERE user_id = @user_id AND sent_at > @since ORDER BY sent_at DESC LIMIT 1 OFFSET @skip;

-- name: NthSendByIP :many
SELECT sent_at FROM sms_sends WHERE ip_prefix = @ip_prefix AND sent_at > @since ORDER BY sent_at DESC LIMIT 1 OFFSET @skip;

-- name: NthSend :many
SELECT sent_at FROM sms_sends WHERE sent_at > @since ORDER BY sent_at DESC LIMIT 1 OFFSET @skip;

-- name: SendCountriesOfIP :many
SELECT DISTINCT country FROM sms_sends WHERE ip_prefix = @ip_prefix AND sent_at > @since;

-- name: CountSendNumbers :one
SELECT COUNT(DISTINCT number) FROM sms_sends
WHERE number >= @low AND number <= @high AND sent_at > @since AND sent_at <= @until;

-- name: CountTypedNumbers :one
SELECT COUNT(DISTINCT number) FROM sms_sends
WHERE number >= @low AND number <= @high AND sent_at > @since AND sent_at <= @until AND typed_at > 0;

-- name: DeleteSendsBefore :execrows
DELETE FROM sms_sends WHERE id IN (
    SELECT x.id FROM sms_sends AS x WHERE x.sent_at < @before ORDER BY x.sent_at LIMIT @batch
);

-- name: SMSBreakerUntil :one
SELECT breaker_until FROM sms_gate WHERE id = 1;
