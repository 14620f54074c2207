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
	for _, want := range []string{"; the next start applies the rest", "ok    redis", "agrees with the database and Redis"} {
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
