-- name: InsertPasskey :exec
INSERT INTO webauthn_credentials (id, user_id, credential_id, public_key, sign_count, device_type, backed_up, uv_initialized, aaguid, transports, name, created_at)
VALUES (@id, @user_id, @credential_id, @public_key, @sign_count, @device_type, @backed_up, @uv_initialized, @aaguid, @transports, @name, @created_at);

-- name: PasskeysOfUser :many
SELECT * FROM webauthn_credentials WHERE user_id = @user_id ORDER BY id;

-- name: PasskeyByCredential :one
SELECT * FROM webauthn_credentials WHERE credential_id = @credential_id;

-- name: CountPasskeys :one
SELECT COUNT(*) FROM webauthn_credentials WHERE user_id = @user_id;

-- name: UsePasskey :execrows
UPDATE webauthn_credentials SET sign_count = @sign_count, backed_up = @backed_up, last_used = @now
WHERE id = @id AND user_id = @user_id
AND (device_type = 'multi_device' OR sign_count < @sign_count OR (sign_count = 0 AND @sign_count = 0));

-- name: InitializeUV :execrows
UPDATE webauthn_credentials SET uv_initialized = TRUE WHERE id = @id AND user_id = @user_id AND uv_initialized = FALSE;

-- name: RenamePasskey :execrows
UPDATE webauthn_credentials SET name = @name WHERE id = @id AND user_id = @user_id;

-- name: DeletePasskey :execrows
DELETE FROM webauthn_credentials WHERE id = @id AND user_id = @user_id;

-- name: DeletePasskeysOfUser :execrows
DELETE FROM webauthn_credentials WHERE user_id = @user_id;
