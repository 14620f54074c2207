package app_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/challenge"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/toll"
)

// TestBreakerOfAnotherRun shows the breaker in the metrics of a program that did
// not open it itself: after a restart, or on another node.
func TestBreakerOfAnotherRun(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		const gauge = "sallyport_sms_breaker_open"
		if got := r.Metrics(t)[gauge]; got != 0 {
			t.Fatalf("never opened: got %v, want 0", got)
		}
		u, now, rate := r.Member(t, "ada@example.org"), r.Clock.Now(), toll.Rate{N: 1, Per: time.Hour}
		roomy := toll.Rate{N: 9, Per: time.Hour}
		for range 2 {
			tok := onetime.Token{Kind: onetime.SMSChallenge, Hash: []byte(ident.New()), UserID: u.ID, CreatedAt: now, ExpiresAt: now.Add(time.Minute)}
			_, err := r.Store.IssueCode(t.Context(), challenge.Issue{
				Challenge: tok, Budget: toll.Budget{Countries: []string{"GB"}, Number: []toll.Rate{roomy}, Account: roomy, IP: roomy, All: rate},
				Alarm: audit.Trail{},
				Send: &toll.Send{
					ID: challenge.SendID(tok.Hash), Number: 447700900123, Country: "GB", UserID: u.ID, IPPrefix: "192.0.2.7", Known: true, At: now,
				},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := r.Metrics(t)[gauge]; got != 1 {
			t.Errorf("OT-06 open: got %v, want 1", got)
		}
		r.Clock.Advance(time.Hour)
		if got := r.Metrics(t)[gauge]; got != 0 {
			t.Errorf("after its hour: got %v, want 0", got)
		}
	})
}
