package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/testbed"
)

// query is one query of the folder queries, as it is written there.
type query struct{ name, text string }

var (
	queryHead = regexp.MustCompile(`(?m)^-- name: (\w+) :\w+\n`)
	comment   = regexp.MustCompile(`(?m)^--.*$`)
	parameter = regexp.MustCompile(`@\w+`)
	// indexInPlan is an index in the words of either engine.
	indexInPlan = regexp.MustCompile(`INDEX (\w+)|Index(?: Only)? Scan(?: Backward)?(?: using| on) (\w+)`)
	embedding   = regexp.MustCompile(`sqlc\.embed\((\w+)\)`)
)

// readQueries reads every query there is.
func readQueries(t *testing.T) (all []query) {
	t.Helper()
	files, err := filepath.Glob("queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("queries/*.sql: got %d files, error %v", len(files), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		heads := queryHead.FindAllStringSubmatchIndex(string(b), -1)
		for i, h := range heads {
			end := len(b)
			if i+1 < len(heads) {
				end = heads[i+1][0]
			}
			text := comment.ReplaceAllString(string(b[h[1]:end]), "")
			text = embedding.ReplaceAllString(strings.TrimSpace(text), "$1.*")
			all = append(all, query{string(b[h[2]:h[3]]), strings.TrimSuffix(text, ";")})
		}
	}
	return all
}

// plan asks the engine how it would run a query, for any values. With possible it
// reads a whole table only where no index serves.
func (r *rig) plan(q query, possible bool) (lines []string) {
	r.Helper()
	if r.Engine() == store.SQLite {
		var args []any
		text := parameter.ReplaceAllStringFunc(q.text, func(string) string { args = append(args, 1); return "?" })
		for _, row := range r.rows("EXPLAIN QUERY PLAN "+text, args...) {
			lines = append(lines, fmt.Sprint(row[3]))
		}
		return lines
	}
	// What a page or batch is, the planner is told.
	text := strings.NewReplacer("@page", "20", "@batch", "500", "@skip", "5").Replace(q.text)
	places, nulls := map[string]int{}, []string{}
	text = parameter.ReplaceAllStringFunc(text, func(name string) string {
		if places[name] == 0 {
			nulls = append(nulls, "NULL")
			places[name] = len(nulls)
		}
		return fmt.Sprintf("$%d", places[name])
	})
	values := ""
	if len(nulls) > 0 {
		values = "(" + strings.Join(nulls, ", ") + ")"
	}
	r.exec(fmt.Sprintf("SET enable_seqscan = %t", !possible))
	r.exec("PREPARE explained AS " + text)
	for _, row := range r.rows("EXPLAIN (COSTS OFF) EXECUTE explained" + values) {
		lines = append(lines, fmt.Sprint(row[0]))
	}
	r.exec("DEALLOCATE explained")
	return lines
}

// crowd fills a PostgreSQL with a house of some size, since its planner looks at
// what there is. SQLite's does not: nobody runs ANALYZE there.
func (r *rig) crowd() {
	r.Helper()
	id := func(of string) string { return "LPAD(CAST(" + of + " AS TEXT), 36, '0')" }
	hash := "DECODE(MD5(CAST(i AS TEXT)), 'hex')"
	for table, fill := range map[string]struct {
		rows            int
		columns, values string
	}{
		"users":             {5000, "id, email, email_canonical, webauthn_handle, created_at, updated_at", id("i") + ", i || '@x.io', i || '@x.io', " + hash + ", i, i"},
		"attempt_counters":  {5000, "subject, factor, failures, updated_at", id("i") + ", 'password', 1, i"},
		"audit_logs":        {20000, "id, at, name, result, reason, actor_id, actor_kind, target_id, session_id, factor, client_ip, ip_prefix, request_id, user_agent, details, chain_seq, chain_hash", id("i") + ", i, 'n' || i % 400, 'r', '', '', '', " + id("i % 5000") + ", '', '', '', '', '', '', '{}', GREATEST(0, 19900 - i), ''"},
		"audit_checkpoints": {5000, "seq, hash, mac, created_at", "i, '', '', i"},
		"one_time_tokens":   {20000, "kind, hash, user_id, data, created_at, expires_at", "'k' || i % 10, " + hash + ", " + id("i % 5000") + ", '{}', i, i"},
		"node_samples":      {20000, "at, node, sign_ins, failures, connections, revocations, revocation_micros, revocation_worst", "i, 'n', 0, 0, 0, 0, 0, 0"},
		"outbox":            {20000, "id, channel, kind, state, queued_at, due_at, ended_at", id("i") + ", 'email', 'code', CASE WHEN i < 100 THEN 'queued' WHEN i < 200 THEN 'dead' ELSE 'sent' END, i, i, i"},
		"revocations":       {20000, "id, kind, value, reason, created_at, expires_at", id("i") + ", 'sid', '', '', i, i + 100"},
		"sms_sends":         {20000, "id, number, country, user_id, ip_prefix, sent_at", id("i") + ", i, 'GB', " + id("i % 5000") + ", i % 5000, i"},
	} {
		r.fill(table, fill.columns, fill.values, fill.rows)
	}
	// These refer to the ones above.
	r.fill("sessions", "id, user_id, aal, proofs, client, created_at, last_seen_at, expires_at, ended_at",
		id("i")+", "+id("1 + i % 4999")+", 1, '[]', 'token', i, i, i, CASE WHEN i % 3 = 0 THEN i ELSE 0 END", 20000)
	r.fill("refresh_tokens", "hash, session_id, binding, created_at, expires_at, used_at, successor",
		hash+", "+id("i")+", '', i, i, i, CASE WHEN i % 100 = 0 THEN 'x'::bytea ELSE NULL END", 20000)
	r.fill("user_mfa", "id, user_id, method, enabled, expires_at, created_at, updated_at",
		id("i")+", "+id("1 + i % 4999")+", 'totp', i % 100 > 0, i, i, i", 10000)
	r.fill("mfa_backup_codes", "id, user_id, code_id, code_hash, created_at", id("i")+", "+id("1 + i % 4999")+", i, i, i", 20000)
	r.fill("oauth_accounts", "id, user_id, provider, issuer, provider_user_id, created_at, updated_at", id("i")+", "+id("1 + i % 4999")+", 'google', '', i, i, i", 20000)
	r.exec("ANALYZE")
}

func (r *rig) fill(table, columns, values string, rows int) {
	r.Helper()
	r.exec(fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM generate_series(1, %d) AS s (i)", table, columns, values, rows))
}

// served lists queries by the index that serves them; a table's name stands for
// its primary key. Where engines choose differently a query stands twice. A query
// that is not listed must be served by some index all the same.
var served = map[string]string{
	"attempt_counters":         "CountAttempt LockAttempts AttemptCounter ClearAttempts ClearAttemptsOfSubject",
	"attempt_counters_updated": "DeleteAttemptsOfNobody",
	"audit_checkpoints":        "LastCheckpoint",
	"audit_logs":               "AuditPage SealAudit",
	"audit_logs_chain":         "UnsealedAudit SealedAudit LastSealedBefore DeleteSealedUpTo SealAudit",
	"audit_logs_name":          "AuditPageOfName AuditPageOfTargetAndName",
	"audit_logs_target":        "AuditPageOfTarget AuditPageOfTargetAndName",
	"mfa_backup_codes":         "UseBackupCode",
	"mfa_backup_codes_user":    "DeleteBackupCodes BackupCode CountBackupCodes",
	"node_samples":             "SamplesSince DeleteSamplesBefore",
	"oauth_accounts":           "UseOAuthAccount SetOAuthTokens DeleteOAuthAccount",
	"oauth_accounts_identity":  "OAuthAccountByIdentity",
	"oauth_accounts_user":      "OAuthAccountsOfUser DeleteOAuthAccountsOfUser DeleteOAuthAccountsOfUnverified",
	"one_time_tokens":          "OneTimeByHash ClaimOneTime SpendTry ReplaceOneTimeData KillOneTimeOfKind",
	"one_time_tokens_expires":  "DeleteOneTimeBefore",
	"one_time_tokens_user":     "KillOneTimeOfUser DeleteOneTimeOfUser OneTimesOfUser",
	"outbox":                   "ClaimMessage MarkMessageSent MarkMessageRetry MarkMessageDead RetryMessage DropMessage RecordDelivery MessageByID MessagesInState",
	"outbox_due":               "DueMessages ExpireMessages OldestDueMessage MessagesInState SupersedeCodes",
	"outbox_ended":             "DeleteMessagesBefore",
	"refresh_tokens":           "RefreshByHash SpendRefresh SpendGrace",
	"refresh_tokens_expires":   "DeleteRefreshBefore",
	"refresh_tokens_successor": "ForgetSuccessors",
	"revocations_created":      "RevocationsSince",
	"revocations_expires":      "DeleteRevocationsBefore",
	"sessions":                 "SessionByID EndSession RaiseSession TouchSession",
	"sessions_expires":         "DeleteSessionsBefore",
	"sessions_open":            "OpenSessions EndSession RaiseSession TouchSession",
	"sessions_user":            "SessionsOfUser EndSessionsOfUser",
	"sms_sends":                "MarkSendTyped",
	"sms_sends_at":             "NthSend DeleteSendsBefore",
	"sms_sends_ip":             "NthSendByIP SendCountriesOfIP",
	"sms_sends_number":         "NthSendByNumber CountSendNumbers CountTypedNumbers",
	"sms_sends_user":           "NthSendByUser",
	"user_mfa":                 "ConfirmMFA AcceptStep TouchMFA DeleteMFA",
	"user_mfa_pending":         "DeletePendingMFABefore",
	"user_mfa_user":            "MFAOfUser DeletePendingMFA MoveMFAEmail DeleteMFAOfMethod DeleteMFAOfUser",
	"users":                    "UserByID ListUsers ReplaceUnverified SetPassword TrustPassword HoldUser UpgradePasswordHash SetName SetRole DisableUser EnableUser DeleteUser TouchLogin",
	"users_email_canonical":    "UserByEmail SearchUsers MarkEmailVerified SetEmail HoldVerifiedUser TakeOverUser",
	"users_webauthn_handle":    "UserByHandle",
}

// scans are the queries that may read a whole table, and why.
var scans = map[string]string{
	"AuditHead":               "one row",
	"LockChain":               "one row",
	"MoveChain":               "one row",
	"TripBreaker":             "one row",
	"SigningKeys":             "a handful of rows",
	"RetireSigningKey":        "a handful of rows",
	"DeleteSigningKeysBefore": "a handful of rows",
	"CountMessages":           "counts all of them, for metrics",
	"EndEverySession":         "after a restore",
	"SpendEverything":         "after a restore",
	"SpendEveryBackupCode":    "after a restore",
	"CloseEveryStep":          "after a restore",
	"ForgetEverySigningKey":   "after a restore",
	"ExpireEveryMessage":      "after a restore",
	"CountAdmins":             "asked when an administrator steps down",
}

func TestPlans(t *testing.T) {
	indexes := map[string][]string{}
	for index, names := range served {
		for _, name := range strings.Fields(names) {
			indexes[name] = append(indexes[name], index)
		}
	}
	all := readQueries(t)
	for name := range indexes {
		if !slices.ContainsFunc(all, func(q query) bool { return q.name == name }) {
			t.Errorf("%s is listed and there is no such query", name)
		}
	}
	onBoth(t, func(t *testing.T, r *rig) {
		r.db.SetMaxOpenConns(1)
		if r.Engine() == store.Postgres {
			r.crowd()
			r.exec("SET plan_cache_mode = force_generic_plan")
		}
		for _, q := range all {
			if strings.HasPrefix(q.text, "INSERT") || scans[q.name] != "" {
				continue
			}
			// A batch out of so small a table is cheaper read from its beginning, and
			// the tables of queries that are not listed are empty: there it counts
			// that an index serves them when the tables have grown.
			want, listed := indexes[q.name]
			plan := strings.Join(r.plan(q, !listed || strings.Contains(q.text, "@batch")), "\n")
			if strings.Contains(plan, "Seq Scan") || readsAll.MatchString(plan) {
				t.Errorf("%s reads a whole table:\n%s", q.name, plan)
			}
			used := indexesIn(plan)
			if listed && !slices.ContainsFunc(want, func(i string) bool { return slices.Contains(used, i) }) {
				t.Errorf("%s: got the indexes %v, want %v:\n%s", q.name, used, want, plan)
			}
		}
	})
}

// readsAll is how SQLite says that it reads a table from end to end, but for
// reading an index from one end until it has enough.
var readsAll = regexp.MustCompile(`(?m)^SCAN \w+$`)

// indexesIn names the indexes of a plan.
func indexesIn(plan string) (names []string) {
	for _, m := range indexInPlan.FindAllStringSubmatch(plan, -1) {
		name := strings.TrimSuffix(strings.TrimPrefix(m[1]+m[2], "sqlite_autoindex_"), "_pkey")
		names = append(names, strings.TrimSuffix(name, "_1"))
	}
	return names
}

// TestReferencesAreIndexed keeps the deletion of a user or session from reading
// whole tables for what goes with it.
func TestReferencesAreIndexed(t *testing.T) {
	r := open(t, testbed.Postgres(t))
	_, err := r.MigrateUp(r.ctx())
	r.must(err)
	for _, row := range r.rows(`SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' AND NOT EXISTS (
		SELECT 1 FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1] AND indpred IS NULL)`) {
		t.Errorf("%s: no index begins with the column of %s", row...)
	}
}
