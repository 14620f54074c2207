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

-- name: AuditPageOfTarget :many
SELECT * FROM audit_logs WHERE target_id = @target_id AND id < @before ORDER BY id DESC LIMIT @page;

-- name: AuditPageOfName :many
SELECT * FROM audit_logs WHERE name = @name AND id < @before ORDER BY id DESC LIMIT @page;

-- name: AuditPageOfTargetAndName :many
SELECT * FROM audit_logs WHERE target_id = @target_id AND name = @name AND id < @before ORDER BY id DESC LIMIT @page;

-- name: LastSealedBefore :one
SELECT * FROM audit_logs WHERE chain_seq > 0 AND at < @before ORDER BY chain_seq DESC LIMIT 1;

-- name: DeleteSealedUpTo :execrows
DELETE FROM audit_logs WHERE chain_seq > 0 AND chain_seq <= @seq;

-- name: InsertCheckpoint :exec
INSERT INTO audit_checkpoints (seq, hash, mac, created_at) VALUES (@seq, @hash, @mac, @created_at)
ON CONFLICT (seq) DO NOTHING;

-- name: LastCheckpoint :one
SELECT * FROM audit_checkpoints ORDER BY seq DESC LIMIT 1;
