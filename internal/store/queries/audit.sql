-- name: InsertAudit :exec
INSERT INTO audit_logs (id, at, name, result, reason, actor_id, actor_kind, target_id, session_id, factor, client_ip, ip_prefix, request_id, user_agent, details)
VALUES (@id, @at, @name, @result, @reason, @actor_id, @actor_kind, @target_id, @session_id, @factor, @client_ip, @ip_prefix, @request_id, @user_agent, @details);

-- name: AuditHead :one
SELECT * FROM audit_chain WHERE id = 1;

-- name: StartChain :exec
INSERT INTO audit_chain (id, seq, hash) VALUES (1, 0, @hash) ON CONFLICT (id) DO NOTHING;

-- name: LockChain :one
UPDATE audit_chain SET seq = seq WHERE id = 1 RETURNING *;

-- name: MoveChain :exec
UPDATE audit_chain SET seq = @seq, hash = @hash WHERE id = 1;

-- name: UnsealedAudit :many
SELECT * FROM audit_logs WHERE chain_seq = 0 ORDER BY id LIMIT @page;

-- name: SealAudit :execrows
UPDATE audit_logs SET chain_seq = @chain_seq, chain_hash = @chain_hash WHERE id = @id AND chain_seq = 0;

-- name: SealedAudit :many
SELECT * FROM audit_logs WHERE chain_seq > @after ORDER BY chain_seq LIMIT @page;

-- name: AuditPage :many
SELECT * FROM audit_logs WHERE id < @before ORDER BY id DESC LIMIT @page;

-- An equality is written as two bounds here and below, so that the order asked for is
-- that of the index with both columns alone: a planner that takes the value for a
-- common one would else read the whole table backwards for a rare one.
-- name: AuditPageOfTarget :many
SELECT * FROM audit_logs WHERE target_id >= @target_id AND (target_id, id) < (@target_id, @before)
ORDER BY target_id DESC, id DESC LIMIT @page;

-- name: AuditPageOfName :many
SELECT * FROM audit_logs WHERE name >= @name AND (name, id) < (@name, @before)
ORDER BY name DESC, id DESC LIMIT @page;

-- The name is kept from choosing the index: one user has fewer rows than one name.
-- name: AuditPageOfTargetAndName :many
SELECT * FROM audit_logs WHERE target_id >= @target_id AND (target_id, id) < (@target_id, @before) AND name || '' = @name
ORDER BY target_id DESC, id DESC LIMIT @page;

-- name: OldestSealed :many
SELECT chain_seq, chain_hash, at FROM audit_logs WHERE chain_seq > 0 ORDER BY chain_seq LIMIT @page;

-- name: DeleteSealedUpTo :execrows
DELETE FROM audit_logs WHERE chain_seq > 0 AND chain_seq <= @seq;

-- name: InsertCheckpoint :exec
INSERT INTO audit_checkpoints (seq, hash, mac, created_at) VALUES (@seq, @hash, @mac, @created_at)
ON CONFLICT (seq) DO NOTHING;

-- name: DeleteCheckpointsBefore :exec
DELETE FROM audit_checkpoints WHERE seq < @seq;

-- name: LastCheckpoint :one
SELECT * FROM audit_checkpoints ORDER BY seq DESC LIMIT 1;
