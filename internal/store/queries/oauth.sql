-- name: InsertOAuthAccount :exec
INSERT INTO oauth_accounts (id, user_id, provider, issuer, provider_user_id, email, email_verified, access_token, refresh_token, token_expires_at, last_used_at, created_at, updated_at)
VALUES (@id, @user_id, @provider, @issuer, @provider_user_id, @email, @email_verified, @access_token, @refresh_token, @token_expires_at, @last_used_at, @created_at, @updated_at);

-- name: OAuthAccountByIdentity :one
SELECT * FROM oauth_accounts WHERE provider = @provider AND issuer = @issuer AND provider_user_id = @provider_user_id;

-- name: OAuthAccountsOfUser :many
SELECT * FROM oauth_accounts WHERE user_id = @user_id ORDER BY id;

-- name: UseOAuthAccount :execrows
UPDATE oauth_accounts SET email = @email, email_verified = @email_verified, last_used_at = @now, updated_at = @now
WHERE id = @id AND user_id = @user_id;

-- name: SetOAuthTokens :execrows
UPDATE oauth_accounts SET access_token = @access_token, refresh_token = @refresh_token, token_expires_at = @token_expires_at, updated_at = @now
WHERE id = @id;

-- name: RenewOAuthTokens :execrows
UPDATE oauth_accounts SET access_token = @access_token, refresh_token = @refresh_token, token_expires_at = @token_expires_at, updated_at = @now
WHERE id = @id AND updated_at = @read_at;

-- name: DeleteOAuthAccount :execrows
DELETE FROM oauth_accounts WHERE id = @id AND user_id = @user_id;

-- name: DeleteOAuthAccountsOfUser :execrows
DELETE FROM oauth_accounts WHERE user_id = @user_id;

-- name: DeleteOAuthAccountsOfUnverified :execrows
DELETE FROM oauth_accounts
WHERE user_id = @user_id AND EXISTS (SELECT 1 FROM users WHERE users.id = oauth_accounts.user_id AND users.email_verified_at = 0);

-- name: HoldUser :execrows
UPDATE users SET updated_at = @now WHERE id = @id AND disabled_at = 0;

-- name: HoldVerifiedUser :execrows
UPDATE users SET updated_at = @now
WHERE id = @id AND disabled_at = 0 AND email_canonical = @email_canonical AND email_verified_at > 0;

-- name: TakeOverUser :execrows
UPDATE users SET password_hash = '', password_mailed = FALSE, password_changed_at = @now, email_verified_at = @now, updated_at = @now
WHERE id = @id AND disabled_at = 0 AND email_canonical = @email_canonical AND email_verified_at = 0;

-- name: MoveOAuthAccount :execrows
UPDATE oauth_accounts SET user_id = @to_user, access_token = @access_token, refresh_token = @refresh_token, updated_at = @now
WHERE id = @id AND user_id = @user_id;
