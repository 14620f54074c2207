-- name: InsertUser :exec
INSERT INTO users (id, email, email_canonical, email_verified_at, name, role, password_hash, password_changed_at, webauthn_handle, created_at, updated_at)
VALUES (@id, @email, @email_canonical, @email_verified_at, @name, @role, @password_hash, @password_changed_at, @webauthn_handle, @created_at, @updated_at);

-- name: UserByID :one
SELECT * FROM users WHERE id = @id;

-- name: UserByEmail :one
SELECT * FROM users WHERE email_canonical = @email_canonical;

-- name: UserByHandle :one
SELECT * FROM users WHERE webauthn_handle = @webauthn_handle;

-- name: ListUsers :many
SELECT * FROM users WHERE id > @after ORDER BY id LIMIT @page;

-- name: SearchUsers :many
SELECT * FROM users WHERE email_canonical >= @low AND email_canonical < @high AND email_canonical > @after
ORDER BY email_canonical LIMIT @page;

-- name: CountAdmins :one
SELECT COUNT(*) FROM users WHERE role = 'admin' AND disabled_at = 0;

-- name: ReplaceUnverified :execrows
UPDATE users SET password_hash = @password_hash, password_changed_at = @now, name = @name, updated_at = @now
WHERE id = @id AND email_verified_at = 0 AND disabled_at = 0;

-- name: MarkEmailVerified :execrows
UPDATE users SET email_verified_at = @now, updated_at = @now
WHERE id = @id AND email_canonical = @email_canonical AND email_verified_at = 0;

-- name: SetPassword :execrows
UPDATE users SET password_hash = @password_hash, password_mailed = @mailed, password_changed_at = @now, updated_at = @now
WHERE id = @id AND disabled_at = 0;

-- name: TrustPassword :exec
UPDATE users SET password_mailed = FALSE WHERE id = @id AND password_mailed = TRUE;

-- name: UpgradePasswordHash :execrows
UPDATE users SET password_hash = @new_hash WHERE id = @id AND password_hash = @old_hash;

-- name: SetEmail :execrows
UPDATE users SET email = @email, email_canonical = @email_canonical, email_verified_at = @now, updated_at = @now
WHERE id = @id AND email_canonical = @old_canonical;

-- name: SetName :execrows
UPDATE users SET name = @name, updated_at = @now WHERE id = @id;

-- name: SetRole :execrows
UPDATE users SET role = @role, updated_at = @now WHERE id = @id;

-- name: DisableUser :execrows
UPDATE users SET disabled_at = @now, updated_at = @now WHERE id = @id AND disabled_at = 0;

-- name: EnableUser :execrows
UPDATE users SET disabled_at = 0, updated_at = @now WHERE id = @id;

-- name: DeleteUser :execrows
DELETE FROM users WHERE id = @id;

-- name: TouchLogin :execrows
UPDATE users SET last_login_at = @now
WHERE id = @id AND disabled_at = 0 AND (password_changed_at = @password_set_at OR @password_set_at = 0);

-- Changes nothing; the row is held until the transaction ends.
-- name: LockUser :exec
UPDATE users SET updated_at = updated_at WHERE id = @id;

-- name: UsersChangedSince :many
SELECT id FROM users WHERE updated_at >= @since ORDER BY updated_at LIMIT @page;
