package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/bench/crowd"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/queries"
	"github.com/sallyport/sallyport/internal/testbed"
)

// query is one query of the folder queries, as it is written there.
type query struct {
	name, text string
	file       string
	table      string // the first it names
}

var (
	queryHead = regexp.MustCompile(`(?m)^-- name: (\w+) :\w+\n`)
	comment   = regexp.MustCompile(`(?m)^--.*$`)
	parameter = regexp.MustCompile(`@\w+`)
	// indexInPlan is an index in the words of either engine.
	indexInPlan = regexp.MustCompile(`INDEX (\w+)|Index(?: Only)? Scan(?: Backward)?(?: using| on) (\w+)`)
	embedding   = regexp.MustCompile(`sqlc\.embed\((\w+)\)`)
	firstTable  = regexp.MustCompile(`\b(?:FROM|UPDATE|INTO) (\w+)`)
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
			q := query{string(b[h[2]:h[3]]), strings.TrimSuffix(text, ";"), filepath.Base(file), ""}
			if m := firstTable.FindStringSubmatch(q.text); m != nil {
				q.table = m[1]
			}
			all = append(all, q)
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

// crowd fills a PostgreSQL with a house of so many users, since its planner looks at
// what there is. SQLite's does not: nobody runs ANALYZE there.
func (r *rig) crowd(users int) {
	r.Helper()
	r.must(crowd.Fill(r.ctx(), r.db, r.Engine() == store.Postgres, crowd.House{Users: users, Least: 5000, Now: noon, PasswordHash: "$argon2id$old"}))
}

// served lists queries by the index that serves them; a table's name stands for
// its primary key. Where engines choose differently a query stands twice. A query
// that is not listed must be served by some index all the same.
var served = map[string]string{
	"attempt_counters":           "CountAttempt LockAttempts AttemptCounter ClearAttempts ClearAttemptsOfSubject",
	"attempt_counters_strangers": "DeleteAttemptsOfNobody",
	"audit_logs":                 "AuditPage SealAudit",
	"audit_logs_chain":           "UnsealedAudit SealedAudit OldestSealed DeleteSealedUpTo SealAudit",
	"audit_logs_name":            "AuditPageOfName",
	"audit_logs_target":          "AuditPageOfTarget AuditPageOfTargetAndName",
	"mfa_backup_codes":           "UseBackupCode",
	"mfa_backup_codes_user":      "DeleteBackupCodes BackupCode CountBackupCodes",
	"node_samples":               "SamplesSince DeleteSamplesBefore",
	"oauth_accounts":             "UseOAuthAccount SetOAuthTokens DeleteOAuthAccount",
	"oauth_accounts_identity":    "OAuthAccountByIdentity",
	"oauth_accounts_user":        "OAuthAccountsOfUser DeleteOAuthAccountsOfUser DeleteOAuthAccountsOfUnverified UseOAuthAccount DeleteOAuthAccount",
	"one_time_tokens":            "OneTimeByHash ClaimOneTime SpendTry ReplaceOneTimeData KillOneTimeOfKind",
	"one_time_tokens_expires":    "DeleteOneTimeBefore",
	"one_time_tokens_user":       "KillOneTimeOfUser DeleteOneTimeOfUser OneTimesOfUser",
	"outbox":                     "ClaimMessage MarkMessageSent MarkMessageRetry MarkMessageDead RetryMessage DropMessage RecordDelivery MessageByID ExpireMessage",
	"outbox_due":                 "OldestDueMessage CountMessages",
	"outbox_ended":               "DeleteMessagesBefore",
	"outbox_expires":             "ExpireMessages",
	"outbox_queue":               "DueMessages",
	"outbox_state":               "MessagesInState CountMessages ClaimMessage MarkMessageSent MarkMessageRetry MarkMessageDead RetryMessage",
	"outbox_waiting":             "SupersedeCodes",
	"refresh_tokens":             "RefreshByHash SpendRefresh SpendGrace",
	"refresh_tokens_expires":     "DeleteRefreshBefore",
	"refresh_tokens_successor":   "ForgetSuccessors SpendGrace",
	"revocations_created":        "RevocationsSince",
	"revocations_expires":        "DeleteRevocationsBefore",
	"sessions":                   "SessionByID EndSession RaiseSession TouchSession",
	"sessions_expires":           "DeleteSessionsBefore",
	"sessions_open":              "OpenSessions EndSession RaiseSession TouchSession",
	"sessions_user":              "SessionsOfUser EndSessionsOfUser",
	"sms_sends":                  "MarkSendTyped",
	"sms_sends_at":               "NthSend DeleteSendsBefore",
	"sms_sends_ip":               "NthSendByIP SendCountriesOfIP",
	"sms_sends_number":           "NthSendByNumber CountSendNumbers CountTypedNumbers",
	"sms_sends_user":             "NthSendByUser",
	"user_mfa":                   "ConfirmMFA AcceptStep TouchMFA DeleteMFA",
	"user_mfa_pending":           "DeletePendingMFABefore ConfirmMFA",
	"user_mfa_user":              "MFAOfUser DeletePendingMFA MoveMFAEmail DeleteMFAOfMethod DeleteMFAOfUser ConfirmMFA AcceptStep DeleteMFA",
	"users":                      "UserByID ListUsers ReplaceUnverified SetPassword TrustPassword HoldUser UpgradePasswordHash SetName SetRole DisableUser EnableUser DeleteUser TouchLogin",
	"users_admins":               "CountAdmins",
	"users_email_canonical":      "UserByEmail SearchUsers MarkEmailVerified SetEmail HoldVerifiedUser TakeOverUser",
	"users_webauthn_handle":      "UserByHandle",
}

// few are the tables that a query may read from end to end, and why they never have
// more than a handful of rows.
var few = map[string]string{
	"audit_chain":       "one row, the head",
	"audit_checkpoints": "one row: a newer one takes the place of the one before",
	"sms_gate":          "one row, the breaker",
	"signing_keys":      "a key a quarter, and those that are retired go",
}

// scans tells why a query may read a whole table; "" if it may not.
func scans(q query) string {
	if q.file == "restore.sql" {
		return "by hand, once, after a copy was restored and before it serves"
	}
	return few[q.table]
}

// TestEveryQueryIsPlanned compares what is read from the folder with the code that
// runs, so that no query escapes the tests below.
func TestEveryQueryIsPlanned(t *testing.T) {
	var written, generated []string
	for _, q := range readQueries(t) {
		written = append(written, q.name)
		if q.table == "" {
			t.Errorf("%s: found no table in it", q.name)
		}
	}
	methods := reflect.TypeFor[*queries.Queries]()
	for m := range methods.Methods() {
		if m.Name != "WithTx" {
			generated = append(generated, m.Name)
		}
	}
	slices.Sort(written)
	if slices.Sort(generated); !slices.Equal(written, generated) {
		t.Errorf("queries: got %v in the folder, want those of the code: %v", written, generated)
	}
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
			r.crowd(4000)
			r.exec("SET plan_cache_mode = force_generic_plan")
		}
		for _, q := range all {
			if strings.HasPrefix(q.text, "INSERT") || scans(q) != "" {
				continue
			}
			// A batch out of so small a table is cheaper read from its beginning: there it
			// counts that an index serves when the table has grown.
			want, listed := indexes[q.name]
			plan := strings.Join(r.plan(q, strings.Contains(q.text, "@batch")), "\n")
			if readsAll(plan) {
				t.Errorf("%s reads a whole table:\n%s", q.name, plan)
			}
			used := indexesIn(plan)
			if listed && !slices.ContainsFunc(want, func(i string) bool { return slices.Contains(used, i) }) {
				t.Errorf("%s: got the indexes %v, want %v:\n%s", q.name, used, want, plan)
			}
		}
	})
}

// scanned is how SQLite says that it reads a table from end to end, but for
// reading an index from one end until it has enough.
var scanned = regexp.MustCompile(`(?m)^SCAN (\w+)$`)

// readsAll reports whether a plan reads a table from end to end. What a part of the
// query has gathered is no table.
func readsAll(plan string) bool {
	for _, m := range scanned.FindAllStringSubmatch(plan, -1) {
		if !strings.Contains(plan, "CO-ROUTINE "+m[1]) {
			return true
		}
	}
	return strings.Contains(plan, "Seq Scan")
}

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
