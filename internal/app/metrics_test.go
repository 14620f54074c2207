package app_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/apptest"
)

func TestMetricsOfSignIns(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		r.Member(t, email)
		r.SignedIn(t, email)
		if status, _ := ask(t, r, "POST", "/api/v1/auth/login", "", `{"email":"`+email+`","password":"not this one"}`); status != 401 {
			t.Fatalf("a wrong password: got %d, want 401", status)
		}
		for range 2 { // a second run finds nothing new to count
			if err := r.SealAudit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		got := r.Metrics(t)
		for series, want := range map[string]float64{
			`sallyport_audit_events_total{event="authn_login_success",factor="password",result="success"}`: 1,
			`sallyport_audit_events_total{event="authn_login_fail",factor="password",result="failure"}`:    1,
			`sallyport_password_hashes{state="waiting"}`:                                                   0,
			`sallyport_password_refused_total`:                                                             0,
		} {
			if n, ok := got[series]; !ok || n != want {
				t.Errorf("%s: got %v, want %v", series, n, want)
			}
		}
		var pools int
		for series := range got {
			if strings.HasPrefix(series, "sallyport_database_connections{") {
				pools++
			}
		}
		if pools < 3 {
			t.Errorf("database connections: got %d series, want those in use, idle and the limit", pools)
		}
	})
}
