-- name: EndEverySession :execrows
UPDATE sessions SET ended_at = @now, end_reason = 'restored' WHERE ended_at = 0;

-- name: SpendEverything :execrows
UPDATE one_time_tokens SET consumed_at = @now WHERE consumed_at = 0;

-- name: SpendEveryBackupCode :execrows
UPDATE mfa_backup_codes SET used = TRUE, used_at = @now WHERE used = FALSE;

-- name: CloseEveryStep :execrows
UPDATE user_mfa SET last_step = @step WHERE method = 'totp' AND last_step < @step;

-- name: ForgetEverySigningKey :execrows
DELETE FROM signing_keys;

-- name: ExpireEveryMessage :execrows
UPDATE outbox SET state = 'expired', content = NULL, lease_until = 0, ended_at = @now, reason = 'restored' WHERE state = 'queued';
