package bench_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"path/filepath"
	"testing"
)

// BenchmarkRefreshByHand is the reference of a refresh on SQLite: the same reads
// and writes of the same tables with prepared statements and one commit, and one
// signature, without a server around them.
func BenchmarkRefreshByHand(b *testing.B) {
	file := filepath.Join(b.TempDir(), "sallyport.db")
	c := dial(b, start(b, "sqlite:"+file))
	held := c.signIn()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_txlock=immediate")
	must(b, err)
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	h := byHand{b: b, db: db, hash: sha256.Sum256([]byte(held.Refresh))}
	h.find = h.statement(`SELECT r.expires_at, s.id, s.expires_at, s.proofs, u.id, u.email, u.role, u.disabled_at FROM refresh_tokens AS r
		JOIN sessions AS s ON s.id = r.session_id JOIN users AS u ON u.id = s.user_id WHERE r.hash = ?`)
	h.touch = h.statement("UPDATE sessions SET last_seen_at = ? WHERE id = ? AND ended_at = 0")
	h.spend = h.statement("UPDATE refresh_tokens SET used_at = ? WHERE hash = ? AND used_at = 0 AND expires_at > 1")
	h.insert = h.statement("INSERT INTO refresh_tokens (hash, session_id, binding, created_at, expires_at) VALUES (?, ?, ?, ?, ?)")
	h.record = h.statement(`INSERT INTO audit_logs (id, at, name, result, reason, actor_id, actor_kind, target_id, session_id, factor,
		client_ip, ip_prefix, request_id, user_agent, details) VALUES (?, ?, 'session_renewed', 'success', '', ?, 'user', ?, ?, '', '127.0.0.1', '127.0.0.1', ?, '', '{}')`)
	h.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(b, err)
	measure(b, h.refresh)
}

type byHand struct {
	b                                  *testing.B
	db                                 *sql.DB
	key                                *ecdsa.PrivateKey
	hash                               [sha256.Size]byte
	n                                  int64
	find, touch, spend, insert, record *sql.Stmt
}

func (h *byHand) statement(text string) *sql.Stmt {
	st, err := h.db.PrepareContext(context.Background(), text)
	must(h.b, err)
	h.b.Cleanup(func() { _ = st.Close() })
	return st
}

func (h *byHand) refresh() {
	ctx := h.b.Context()
	var sessionID, proofs, userID, mail, role string
	var expires, ends, disabled int64
	must(h.b, h.find.QueryRowContext(ctx, h.hash[:]).Scan(&expires, &sessionID, &ends, &proofs, &userID, &mail, &role, &disabled))
	var next [32]byte
	_, _ = rand.Read(next[:])
	hash := sha256.Sum256(next[:])
	h.n++
	tx, err := h.db.BeginTx(ctx, nil)
	must(h.b, err)
	for _, s := range []struct {
		st   *sql.Stmt
		args []any
	}{
		{h.touch, []any{h.n, sessionID}},
		{h.spend, []any{h.n, h.hash[:]}},
		{h.insert, []any{hash[:], sessionID, hash[:16], h.n, expires}},
		{h.record, []any{hex.EncodeToString(hash[:18]), h.n, userID, userID, sessionID, hex.EncodeToString(hash[:16])}},
	} {
		res, err := tx.StmtContext(ctx, s.st).ExecContext(ctx, s.args...) //nolint:sqlclosecheck // ends with the transaction
		must(h.b, err)
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			h.b.Fatalf("got %d rows, %v; want 1", n, err)
		}
	}
	must(h.b, tx.Commit())
	_, err = ecdsa.SignASN1(rand.Reader, h.key, hash[:])
	must(h.b, err)
	h.hash = hash
}
