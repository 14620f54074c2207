-- name: InsertMFA :exec
INSERT INTO user_mfa (id, user_id, method, name, secret, phone, email, enabled, last_step, expires_at, created_at, updated_at)
VALUES (@id, @user_id, @method, @name, @secret, @phone, @email, @enabled, 0, @expires_at, @created_at, @created_at);

-- name: MFAOfUser :many
SELECT * FROM user_mfa WHERE user_id = @user_id AND (enabled = TRUE OR expires_at > @now) ORDER BY id;

-- name: DeletePendingMFA :execrows
DELETE FROM user_mfa WHERE user_id = @user_id AND method = @method AND enabled = FALSE;

-- name: ConfirmMFA :execrows
UPDATE user_mfa SET enabled = TRUE, expires_at = 0, last_step = @step, last_used_at = @now, updated_at = @now
WHERE id = @id AND user_id = @user_id AND enabled = FALSE AND expires_at > @now;

-- name: AcceptStep :execrows
UPDATE user_mfa SET last_step = @step, last_used_at = @now
WHERE id = @id AND user_id = @user_id AND enabled = TRUE AND last_step < @step;

-- name: TouchMFA :exec
UPDATE user_mfa SET last_used_at = @now WHERE id = @id;

-- name: MoveMFAEmail :exec
UPDATE user_mfa SET email = @email, updated_at = @now WHERE user_id = @user_id AND method = 'email';

-- name: DeleteMFA :execrows
DELETE FROM user_mfa WHERE id = @id AND user_id = @user_id;

-- name: DeleteMFAOfMethod :execrows
DELETE FROM user_mfa WHERE user_id = @user_id AND method = @method AND enabled = TRUE;

-- name: DeleteMFAOfUser :execrows
DELETE FROM user_mfa WHERE user_id = @user_id;

-- name: DeletePendingMFABefore :execrows
DELETE FROM user_mfa WHERE enabled = FALSE AND id IN (
    SELECT m.id FROM user_mfa AS m WHERE m.enabled = FALSE AND m.expires_at < @before ORDER BY m.expires_at LIMIT @batch
);

-- name: InsertBackupCode :exec
INSERT INTO mfa_backup_codes (id, user_id, code_id, code_hash, created_at)
VALUES (@id, @user_id, @code_id, @code_hash, @created_at);

-- name: DeleteBackupCodes :execrows
DELETE FROM mfa_backup_codes WHERE user_id = @user_id;

-- name: BackupCode :one
SELECT * FROM mfa_backup_codes WHERE user_id = @user_id AND code_id = @code_id;

-- name: UseBackupCode :execrows
UPDATE mfa_backup_codes SET used = TRUE, used_at = @now
WHERE id = @id AND user_id = @user_id AND used = FALSE;

-- name: CountBackupCodes :one
SELECT COUNT(*) FROM mfa_backup_codes WHERE user_id = @user_id AND used = FALSE;
