-- name: SealedSecrets :many
SELECT id, user_id, secret FROM user_mfa WHERE id > @after AND secret IS NOT NULL ORDER BY id LIMIT @page;

-- name: ResealSecret :execrows
UPDATE user_mfa SET secret = @sealed WHERE id = @id AND secret = @old;

-- name: SealedKeys :many
SELECT id, private_key FROM signing_keys WHERE id > @after ORDER BY id LIMIT @page;

-- name: ResealKey :execrows
UPDATE signing_keys SET private_key = @sealed WHERE id = @id AND private_key = @old;

-- name: SealedMessages :many
SELECT id, content FROM outbox WHERE id > @after AND content IS NOT NULL ORDER BY id LIMIT @page;

-- name: ResealMessage :execrows
UPDATE outbox SET content = @sealed WHERE id = @id AND content = @old;

-- name: SealedTokens :many
SELECT id, user_id, access_token, refresh_token FROM oauth_accounts WHERE id > @after ORDER BY id LIMIT @page;

-- name: ResealAccessToken :execrows
UPDATE oauth_accounts SET access_token = @sealed WHERE id = @id AND access_token = @old;

-- name: ResealRefreshToken :execrows
UPDATE oauth_accounts SET refresh_token = @sealed WHERE id = @id AND refresh_token = @old;

-- name: SealedSuccessors :many
SELECT hash, successor FROM refresh_tokens WHERE hash > @after AND successor IS NOT NULL ORDER BY hash LIMIT @page;

-- name: ResealSuccessor :execrows
UPDATE refresh_tokens SET successor = @sealed WHERE hash = @hash AND successor = @old;
