package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/provider/providertest"
	"github.com/sallyport/sallyport/internal/testbed"
)

// examine runs the doctor with these settings and returns its report.
func examine(t *testing.T, environ ...string) (report string, err error) {
	t.Helper()
	t.Chdir(t.TempDir())
	var out strings.Builder
	err = doctorCmd{}.Run(t.Context(), terminal{strings.NewReader(""), &out, &out}, settings{environ: environ})
	return out.String(), err
}

func TestDoctorAsksTwilio(t *testing.T) {
	const sid = "AC0123456789abcdef0123456789abcdef"
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"active", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{"status":"active"}`) }, "ok    sms        Twilio accepts the account"},
		{"suspended", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{"status":"suspended"}`) }, "the Twilio account is suspended"},
		{"a wrong token", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"},
		{"a redirect, which would take the token elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, "Twilio answers 302"},
		{"a clock that is a minute off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", clock.System().Add(-time.Minute).UTC().Format(http.TimeFormat))
			_, _ = fmt.Fprint(w, `{"status":"active"}`)
		}, "FAIL  clock      Twilio is 1m"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if user, password, _ := r.BasicAuth(); r.URL.Path != "/2010-04-01/Accounts/"+sid+".json" || user != sid || password != "canary" {
					t.Errorf("got a request to %s by %s, want the account's by itself", r.URL.Path, user)
				}
				tt.answer(w, r)
			}))
			defer peer.Close()
			got, _ := examine(t, "TWILIO_ACCOUNT_SID="+sid, "TWILIO_AUTH_TOKEN=canary", "TWILIO_PHONE_NUMBER=+15005550006", "TWILIO_BASE_URL="+peer.URL, "SMS_COUNTRIES=US")
			if !strings.Contains(got, tt.want) || strings.Contains(got, "canary") {
				t.Errorf("got\n%s\nwant %q and no token", got, tt.want)
			}
		})
	}
}

func TestDoctorAsksPostgresAndRedis(t *testing.T) {
	got, err := examine(t, "DATABASE_URL="+testbed.Postgres(t), "REDIS_URL="+testbed.Redis(t), "AUTO_MIGRATE=true")
	if err != nil {
		t.Errorf("got %v, want nil", err)
	}
	for _, want := range []string{" answers, PostgreSQL 1", "; the next start applies the rest", "ok    redis", ", Redis ", "agrees with the database and Redis"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q", got, want)
		}
	}
}

func TestDoctorLooksAtThePostgresConnection(t *testing.T) {
	for source, want := range map[string]string{
		"postgres://u@db.example.org/x":                     "may be in the clear",
		"postgres://u@db.example.org/x?sslmode=require":     "anybody may pose as the database",
		"postgres://u@db.example.org/x?sslmode=verify-full": "",
		"postgres://u@localhost/x":                          "",
	} {
		cfg, err := config.Load([]string{"DATABASE_URL=" + source}, "")
		if err != nil {
			t.Fatal(err)
		}
		got := (&doctor{cfg: cfg}).databasePrivacy()
		if want == "" && len(got) != 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0].what, want)) {
			t.Errorf("%s: got %v, want %q", source, got, want)
		}
	}
}

func TestDoctorChecksTheAuthorityOfRedis(t *testing.T) {
	certificates := testbed.NewCertificates(t)
	address := "REDIS_URL=" + testbed.SecureRedis(t, certificates).URL()
	if got, err := examine(t, address, "REDIS_TLS_CA_FILE="+certificates.CA); err != nil || !strings.Contains(got, "ok    redis") || strings.Contains(got, "in the clear") {
		t.Errorf("with the authority: got %v\n%s\nwant an answer", err, got)
	}
	if got, err := examine(t, address); err == nil || !strings.Contains(got, "unknown authority") || !strings.Contains(got, "REDIS_TLS_CA_FILE") {
		t.Errorf("without: got %v\n%s\nwant what is wrong and what to do", err, got)
	}
}

func TestDoctorMeasuresTheDisk(t *testing.T) {
	const gib = 1 << 30
	for _, tt := range []struct {
		free  uint64
		level string
		what  string
	}{
		{20 * gib, "ok", "20.0 GiB of 64.0 GiB free where data is"},
		{512 << 20, "warn", "512 MiB of"},
		{99 << 20, "FAIL", "99 MiB of"},
		{0, "FAIL", "0 MiB of"},
	} {
		if got := room("data", tt.free, 64*gib); got.level != tt.level || !strings.Contains(got.what, tt.what) {
			t.Errorf("%d bytes free: got %+v, want %s with %q", tt.free, got, tt.level, tt.what)
		}
	}
	free, total, err := space(filepath.Join(t.TempDir(), "not", "made", "yet"))
	if err != nil || free == 0 || free > total {
		t.Errorf("a folder not made yet: got %d of %d bytes, error %v; want those of its disk", free, total, err)
	}
	if got, err := examine(t, "DATABASE_URL=postgres://u@127.0.0.1:1/x"); err == nil || strings.Contains(got, "  disk ") {
		t.Errorf("PostgreSQL: got\n%s\nwant nothing about this machine's disk", got)
	}
}

func TestDoctorAsksProviders(t *testing.T) {
	op, liar, hub := providertest.NewOP(t, clock.System), providertest.NewOP(t, clock.System), providertest.NewGitHub(t)
	liar.Issuer = "https://somebody.else.example"
	got, err := examine(t,
		"OIDC_PROVIDERS=up,down,liar",
		"OIDC_UP_ISSUER="+op.URL, "OIDC_UP_CLIENT_ID=x", "OIDC_UP_CLIENT_SECRET=canary",
		"OIDC_DOWN_ISSUER=http://127.0.0.1:1", "OIDC_DOWN_CLIENT_ID=x", "OIDC_DOWN_CLIENT_SECRET=canary",
		"OIDC_LIAR_ISSUER="+liar.URL, "OIDC_LIAR_CLIENT_ID=x", "OIDC_LIAR_CLIENT_SECRET=canary",
		"GITHUB_CLIENT_ID=x", "GITHUB_CLIENT_SECRET=canary", "GITHUB_URL="+hub.URL, "GITHUB_API_URL="+hub.URL+"/api")
	if err == nil {
		t.Error("got no error, want one for those that do not answer")
	}
	for _, want := range []string{"ok    providers  up answers", "ok    providers  GitHub answers", "FAIL  providers  down: ", "FAIL  providers  liar: ", "names another issuer"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q", got, want)
		}
	}
	if strings.Contains(got, "canary") {
		t.Errorf("AU-03 the report holds a secret:\n%s", got)
	}
}

func TestDoctorComparesClocks(t *testing.T) {
	now := clock.System()
	for ahead, want := range map[time.Duration]string{0: "ok", 4 * time.Second: "ok", -10 * time.Second: "warn", time.Hour: "FAIL", -time.Hour: "FAIL"} {
		d := &doctor{now: func() time.Time { return now }}
		d.see("the database", now.Add(ahead), now, time.Millisecond)
		if got := d.clock(t.Context()); got[0].level != want {
			t.Errorf("%v: got %+v, want %s", ahead, got, want)
		}
	}
}

func TestDoctorMakesNothing(t *testing.T) {
	if _, err := examine(t); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) > 0 {
		t.Errorf("got %v, want an empty folder", left)
	}
}
