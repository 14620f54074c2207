package journey_test

import (
	"bytes"
	"database/sql"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/sallyport/sallyport/internal/testbed"
)

// TestCodesLeaveNoTrace shows OT-04: no code and no number stands in the log at
// its most talkative, in the metrics, in the audit log or in the clear in the
// database.
func TestCodesLeaveNoTrace(t *testing.T) {
	address, metrics := "127.0.0.1:"+strconv.Itoa(testbed.FreePort(t)), "127.0.0.1:"+strconv.Itoa(testbed.FreePort(t))
	p := &program{
		server: &server{url: "http://" + address}, whole: t, binary: testbed.Shipped(t), folder: t.TempDir(), errs: &bytes.Buffer{},
		environ: append([]string{"LISTEN_ADDR=" + address, "PUBLIC_URL=http://" + address, "METRICS_ADDR=" + metrics, "LOG_LEVEL=debug"}, generous...),
	}
	p.serve(t)
	const email, number = "ada@example.org", "+447400123456"
	p.member(t, email)
	access := p.login(t, email).text("access_token")
	phone, mail := &codes{s: p.server, to: number}, &codes{s: p.server, to: email}
	var secrets []string
	note := func(code string) string { secrets = append(secrets, code); return code }

	p.want(t, 202, "POST", "/api/v1/mfa/sms/send", access, map[string]any{"phone": number})
	done := p.want(t, 200, "POST", "/api/v1/mfa/sms/verify", access, map[string]any{"code": note(phone.next(t))})
	access = done.text("access_token")
	p.want(t, 202, "POST", "/api/v1/mfa/email/send", access, nil)
	p.want(t, 200, "POST", "/api/v1/mfa/email/verify", access, map[string]any{"code": note(mail.next(t))})
	token := p.login(t, email).text("mfa_token")
	p.want(t, 202, "POST", "/api/v1/mfa/sms/send", token, nil)
	p.want(t, 401, "POST", "/api/v1/mfa/sms/verify", token, map[string]any{"code": other(note(phone.next(t)))})
	p.want(t, 422, "POST", "/api/v1/mfa/sms/verify", token, map[string]any{"code": "canary-" + phone.last})

	res, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	figures, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{`sallyport_sms_codes_total{verdict="sent"} 2`, "sallyport_sms_breaker_open 0", `sallyport_messages_total{channel="sms",kind="code",result="sent"} 2`} {
		if !strings.Contains(string(figures), name) {
			t.Errorf("metrics: got no %s", name)
		}
	}
	if err := p.end(t, syscall.SIGTERM); err != nil {
		t.Errorf("exit: got %v, want 0", err)
	}

	texts := map[string]string{"log": p.errs.String(), "metrics": string(figures), "database": columns(t, filepath.Join(p.folder, "data", "sallyport.db"))}
	for where, text := range texts {
		for _, secret := range secrets {
			if regexp.MustCompile(`\b` + secret + `\b`).MatchString(text) {
				t.Errorf("OT-04 %s: the code %s stands in it", where, secret)
			}
		}
		if strings.Contains(text, number) {
			t.Errorf("%s: the number stands in it", where)
		}
	}
	if len(secrets) != 3 || !strings.Contains(texts["database"], "authn_factor_fail") {
		t.Errorf("got %d codes and %d bytes of the database; the test looks at nothing", len(secrets), len(texts["database"]))
	}
}

// columns returns everything the database holds about codes, as text.
func columns(t *testing.T, file string) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var b strings.Builder
	for _, query := range []string{
		"SELECT CAST(data AS TEXT) FROM one_time_tokens",
		"SELECT name || ' ' || reason || ' ' || factor || ' ' || details FROM audit_logs",
		"SELECT COALESCE(CAST(content AS TEXT), '') || ' ' || reason FROM outbox",
	} {
		b.WriteString(column(t, db, query))
	}
	return b.String()
}

// column returns the first column of a query, a line each.
func column(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var b strings.Builder
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		b.WriteString(text + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
