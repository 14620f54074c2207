-- name: InsertSample :exec
INSERT INTO node_samples (at, node, sign_ins, failures, connections, revocations, revocation_micros, revocation_worst)
VALUES (@at, @node, @sign_ins, @failures, @connections, @revocations, @revocation_micros, @revocation_worst);

-- name: SamplesSince :many
SELECT * FROM node_samples WHERE at >= @since ORDER BY at, node;

-- name: DeleteSamplesBefore :execrows
DELETE FROM node_samples WHERE (at, node) IN (
    SELECT s.at, s.node FROM node_samples AS s WHERE s.at < @before ORDER BY s.at LIMIT @batch
);
