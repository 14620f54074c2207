-- name: InsertSession :exec
INSERT INTO sessions (id, user_id, aal, proofs, client, ip, user_agent, created_at, last_seen_at, expires_at)
VALUES (@id, @user_id, @aal, @proofs, @client, @ip, @user_agent, @created_at, @created_at, @expires_at);

-- name: SessionByID :one
SELECT * FROM sessions WHERE id = @id;

-- name: SessionsOfUser :many
SELECT * FROM sessions WHERE user_id = @user_id AND ended_at = 0 AND expires_at > @now ORDER BY id;

-- name: EndSession :execrows
UPDATE sessions SET ended_at = @now, end_reason = @reason WHERE id = @id AND user_id = @user_id AND ended_at = 0;

-- name: EndSessionsOfUser :many
UPDATE sessions SET ended_at = @now, end_reason = @reason
WHERE user_id = @user_id AND id <> @except_id AND ended_at = 0 RETURNING id;

-- name: RaiseSession :execrows
UPDATE sessions SET aal = @aal, proofs = @proofs, last_seen_at = @now
WHERE id = @id AND user_id = @user_id AND ended_at = 0 AND proofs = @old_proofs;

-- name: TouchSession :execresult
UPDATE sessions SET last_seen_at = @now WHERE id = @id AND ended_at = 0;

-- name: InsertRefresh :exec
INSERT INTO refresh_tokens (hash, session_id, binding, created_at, expires_at)
VALUES (@hash, @session_id, @binding, @created_at, @expires_at);

-- name: RefreshByHash :one
SELECT sqlc.embed(refresh_tokens), sqlc.embed(sessions), sqlc.embed(users)
FROM refresh_tokens
JOIN sessions ON sessions.id = refresh_tokens.session_id
JOIN users ON users.id = sessions.user_id
WHERE refresh_tokens.hash = @hash;

-- name: SpendRefresh :execresult
UPDATE refresh_tokens SET used_at = @now, successor = @successor
WHERE hash = @hash AND used_at = 0 AND expires_at > @now
AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = refresh_tokens.session_id AND sessions.ended_at = 0 AND sessions.expires_at > @now);

-- name: SpendGrace :execrows
UPDATE refresh_tokens SET grace_used_at = @now
WHERE hash = @hash AND used_at > @used_after AND grace_used_at = 0 AND successor IS NOT NULL
AND EXISTS (SELECT 1 FROM sessions WHERE sessions.id = refresh_tokens.session_id AND sessions.ended_at = 0 AND sessions.expires_at > @now);

-- name: ForgetSuccessors :execrows
UPDATE refresh_tokens SET successor = NULL WHERE hash IN (
    SELECT r.hash FROM refresh_tokens AS r
    WHERE r.successor IS NOT NULL AND r.used_at > 0 AND r.used_at < @before ORDER BY r.used_at LIMIT @batch
);

-- name: DeleteRefreshBefore :execrows
DELETE FROM refresh_tokens WHERE hash IN (
    SELECT r.hash FROM refresh_tokens AS r WHERE r.expires_at < @before ORDER BY r.expires_at LIMIT @batch
);

-- name: DeleteSessionsBefore :execrows
DELETE FROM sessions WHERE id IN (
    SELECT s.id FROM sessions AS s WHERE s.expires_at < @before ORDER BY s.expires_at LIMIT @batch
);

-- name: InsertRevocation :exec
INSERT INTO revocations (id, kind, value, not_before, reason, created_at, expires_at)
VALUES (@id, @kind, @value, @not_before, @reason, @created_at, @expires_at);

-- name: RevocationsSince :many
SELECT * FROM revocations WHERE created_at >= @since AND expires_at > @now ORDER BY created_at;

-- name: DeleteRevocationsBefore :execrows
DELETE FROM revocations WHERE id IN (
    SELECT r.id FROM revocations AS r WHERE r.expires_at < @before ORDER BY r.expires_at LIMIT @batch
);

-- name: OpenSessions :many
SELECT sqlc.embed(sessions), users.email
FROM sessions
JOIN users ON users.id = sessions.user_id
WHERE sessions.id < @before AND sessions.ended_at = 0 AND sessions.expires_at > @now
ORDER BY sessions.id DESC LIMIT @page;
