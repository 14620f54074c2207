-- name: SigningKeys :many
SELECT * FROM signing_keys ORDER BY created_at, id;

-- name: InsertSigningKey :exec
INSERT INTO signing_keys (id, alg, private_key, created_at, active_from, retires_at)
VALUES (@id, @alg, @private_key, @created_at, @active_from, @retires_at);

-- name: RetireSigningKey :execrows
UPDATE signing_keys SET retires_at = @retires_at WHERE id = @id AND retires_at = 0;

-- name: DeleteSigningKeysBefore :execrows
DELETE FROM signing_keys WHERE retires_at > 0 AND retires_at < @before;
