package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/token"
)

const (
	grace = 10 * time.Second
	keep  = 24 * time.Hour
)

// sweep runs retention at that instant.
func (r *rig) sweep(now time.Time) store.Swept {
	r.Helper()
	w, err := r.Sweep(r.ctx(), now, grace, keep)
	r.must(err)
	return w
}

func TestSweep(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user()
		n, first := r.session(u.ID)
		next := refresh(n.ID)
		r.done(r.RotateRefresh(r.ctx(), first.Hash, next, "spr_successor", audit.Trail{}))
		dead := session.Revocation{ID: "r1", Kind: session.RevokedToken, Value: "jti", Reason: "test", At: noon, ExpiresAt: noon.Add(11 * time.Minute)}
		r.must(r.RevokeToken(r.ctx(), dead, audit.Trail{}))
		r.must(r.BeginEnrolment(r.ctx(), enrolment(u.ID), audit.Trail{}))
		r.factor(r.user().ID)
		tok := r.issue(onetime.PasswordReset, u.ID)
		r.key(noon.Add(-time.Hour))
		r.key(time.Time{})

		for _, tt := range []struct {
			name string
			now  time.Time
			want store.Swept
		}{
			{"nothing before its time", noon, store.Swept{}},
			{"a lapsed enrolment", dead.ExpiresAt.Add(time.Microsecond), store.Swept{Enrolments: 1}},
			{"a key a day after it retired", noon.Add(keep - time.Hour + time.Microsecond), store.Swept{Keys: 1}},
			{"a link a day after it expired", tok.ExpiresAt.Add(keep + time.Microsecond), store.Swept{OneTime: 1}},
			{"TK-11 a revocation a day after its token died", dead.ExpiresAt.Add(keep + time.Microsecond), store.Swept{Revocations: 1}},
			{"refresh tokens a day after they expired", first.ExpiresAt.Add(keep + time.Microsecond), store.Swept{Refresh: 2}},
			{"a session a day after its end", n.ExpiresAt.Add(keep + time.Microsecond), store.Swept{Sessions: 1}},
			{"nothing twice", n.ExpiresAt.Add(keep + time.Hour), store.Swept{}},
		} {
			if got := r.sweep(tt.now); got != tt.want {
				t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
			}
		}
		if n := r.count("SELECT COUNT(*) FROM user_mfa WHERE enabled = TRUE"); n != 1 {
			t.Errorf("confirmed factors left: got %d, want 1", n)
		}
	})
}

// key stores a signing key that retires at that time.
func (r *rig) key(retires time.Time) token.Key {
	r.Helper()
	k, err := token.GenerateKey("ES256", noon)
	r.must(err)
	k.RetiresAt = retires
	r.must(r.ApplyRotation(r.ctx(), token.Rotation{New: &k}, audit.Trail{}))
	return k
}

func TestSweepSuccessors(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		n, first := r.session(r.user().ID)
		r.done(r.RotateRefresh(r.ctx(), first.Hash, refresh(n.ID), "spr_successor", audit.Trail{}))
		for _, tt := range []struct {
			name string
			now  time.Time
			want string
		}{
			{"TK-08 kept inside the grace window", noon.Add(grace), "spr_successor"},
			{"TK-08 forgotten after it", noon.Add(grace + time.Microsecond), ""},
		} {
			r.sweep(tt.now)
			if f, err := r.FindRefresh(r.ctx(), first.Hash); err != nil || f.Refresh.Successor != tt.want {
				t.Errorf("%s: got %q, error %v; want %q", tt.name, f.Refresh.Successor, err, tt.want)
			}
		}
	})
}

func TestSweepAttempts(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		known := r.user().ID
		old, fresh := noon.Add(-keep-time.Microsecond), noon.Add(-keep)
		counters := []struct {
			subject  string
			failures int
			locked   time.Time
			updated  time.Time
			stays    bool
		}{
			{signin.UnknownPrefix + "at rest", 3, time.Time{}, old, false},
			{signin.UnknownPrefix + "rested out", 6, noon, old, false},
			{signin.UnknownPrefix + "stopped", curve.Hard, noon, old, false},
			{signin.UnknownPrefix + "resting still", 6, noon.Add(time.Microsecond), old, true},
			{signin.UnknownPrefix + "a moment ago", 3, time.Time{}, fresh, true},
			{known, curve.Hard, noon, old.AddDate(-1, 0, 0), true},
		}
		for _, c := range counters {
			r.exec("INSERT INTO attempt_counters (subject, factor, failures, locked_until, updated_at) VALUES (?, 'password', ?, ?, ?)",
				c.subject, c.failures, micros(c.locked), micros(c.updated))
		}
		if w := r.sweep(noon); w != (store.Swept{Attempts: 3}) {
			t.Errorf("RL-12 swept: got %+v, want 3 counters of unknown subjects", w)
		}
		for _, c := range counters {
			if stayed := r.failures(c.subject, proof.Password) == int64(c.failures); stayed != c.stays {
				t.Errorf("RL-12 the counter of %q: stayed %t, want %t", c.subject, stayed, c.stays)
			}
		}
		if c := r.try(known, proof.Password, noon); c.Evaluate || !c.Hard {
			t.Errorf("RL-01 the user's hard stop after a sweep: got %+v, want it to hold", c)
		}
	})
}

// micros is a time as the database keeps it.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func TestSweepInBatches(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		const rows = 1203 // two batches and a part
		numbers := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
		r.exec(numbers+`INSERT INTO attempt_counters (subject, factor, failures, updated_at)
			SELECT 'unknown:' || CAST(i AS TEXT), 'password', 1, i FROM n`, rows)
		r.exec(numbers+`INSERT INTO outbox (id, channel, kind, state, queued_at, due_at, ended_at)
			SELECT 'm' || CAST(i AS TEXT), 'email', 'code', 'sent', i, i, i FROM n`, rows)
		r.exec(numbers+`INSERT INTO revocations (id, kind, value, reason, created_at, expires_at)
			SELECT 'r' || CAST(i AS TEXT), 'jti', 'j', 'test', i, i FROM n`, rows)
		if w := r.sweep(noon); w.Attempts != rows || w.Revocations != rows {
			t.Errorf("swept: got %+v, want %d counters and revocations", w, rows)
		}
		if n, err := r.ForgetMessages(r.ctx(), noon); err != nil || n != rows {
			t.Errorf("forgotten messages: got %d, error %v; want %d", n, err, rows)
		}
	})
}

func TestSweepCutShort(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		r.issue(onetime.Ticket, "")
		r.exec("ALTER TABLE sessions RENAME TO sessions_away")
		w, err := r.Sweep(r.ctx(), noon.AddDate(1, 0, 0), grace, keep)
		if err == nil || !strings.Contains(err.Error(), "sessions") || w.OneTime != 1 {
			t.Errorf("got %+v, error %v; want the tokens swept and an error about sessions", w, err)
		}
		if n := r.count("SELECT COUNT(*) FROM one_time_tokens"); n != 0 {
			t.Errorf("what the first steps did must stand: %d tokens left", n)
		}
	})
}

// bounded are the tables from which no batch is deleted, and what bounds them.
var bounded = map[string]string{
	"users":                "a row for each person",
	"mfa_backup_codes":     "ten for each person, replaced as a set",
	"oauth_accounts":       "a row for each provider a person signs in with",
	"webauthn_credentials": "a row for each key a person has set up",
	"signing_keys":         "a key a quarter, and those that are retired go",
	"sms_gate":             "one row",
	"audit_chain":          "one row",
	"audit_checkpoints":    "one row: TrimAudit deletes those before",
	"audit_logs":           "AUDIT_RETENTION: TrimAudit deletes up to a place that it read a batch to find",
}

// TestWhatGrowsIsSwept asks of every table that rows are deleted from it in batches,
// or what else bounds it.
func TestWhatGrowsIsSwept(t *testing.T) {
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	swept := map[string]bool{}
	for _, q := range readQueries(t) {
		if strings.HasPrefix(q.text, "DELETE") && strings.Contains(q.text, "LIMIT @batch") {
			swept[q.table] = true
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`CREATE TABLE (\w+)`).FindAllSubmatch(text, -1) {
			if table := string(m[1]); swept[table] == (bounded[table] != "") {
				t.Errorf("%s: deleted from in batches %t, bounded by %q; want one of the two", table, swept[table], bounded[table])
			}
		}
	}
}
