package store_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/challenge"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/toll"
)

// budget allows three codes a day to one account and eight in all.
var budget = toll.Budget{
	Countries: []string{"GB"}, Number: []toll.Rate{{N: 100, Per: 24 * time.Hour}}, Account: toll.Rate{N: 3, Per: 24 * time.Hour},
	IP: toll.Rate{N: 100, Per: 24 * time.Hour}, All: toll.Rate{N: 8, Per: 24 * time.Hour},
}

// code is an SMS code for that user, which costs a send.
func (r *rig) code(userID string) challenge.Issue {
	tok := ticket(onetime.SMSChallenge, userID)
	return challenge.Issue{
		Challenge: tok, Budget: budget, Trail: r.trail(userID), Alarm: r.trail(""),
		Send: &toll.Send{
			ID: challenge.SendID(tok.Hash), Number: 447700900123, Country: "GB", UserID: userID, IPPrefix: "192.0.2.7", Known: true, At: noon,
		},
	}
}

func TestIssueCode(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		t.Run("OT-06 of 32 codes at once three stand, one lives", func(t *testing.T) {
			r := r.in(t)
			u := r.user().ID
			won := r.atOnce(32, func() (bool, error) {
				v, err := r.IssueCode(r.ctx(), r.code(u))
				return v.Reason == toll.Allowed, err
			})
			live, err := r.OneTimesOfUser(r.ctx(), onetime.SMSChallenge, u, noon)
			r.must(err)
			sends, events := r.count("SELECT COUNT(*) FROM sms_sends"), r.count("SELECT COUNT(*) FROM outbox")
			if won != 3 || len(live) != 1 || sends != 3 || events != 3 {
				t.Errorf("got %d codes, %d alive, %d sends, %d messages; want 3, 1, 3, 3", won, len(live), sends, events)
			}
		})
		t.Run("OT-06 over the cap of all the breaker trips once, with its alarm alone", func(t *testing.T) {
			r := r.in(t)
			trips := r.atOnce(20, func() (bool, error) {
				v, err := r.IssueCode(r.ctx(), r.code(ident.New()))
				return v.Trip, err
			})
			sends := r.count("SELECT COUNT(*) FROM sms_sends")
			alarms := r.count("SELECT COUNT(*) FROM audit_logs WHERE target_id = '' AND name = 'user_updated'")
			if trips != 1 || sends != 8 || alarms != 1 {
				t.Errorf("got %d trips, %d sends, %d alarms; want 1, 8, 1", trips, sends, alarms)
			}
			if until, err := r.SMSBreakerUntil(r.ctx()); err != nil || !until.Equal(noon.Add(time.Hour)) {
				t.Errorf("the breaker: got open until %v, %v, want an hour from noon", until, err)
			}
		})
	})
}

func TestSpendCode(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user().ID
		app := r.factor(u)
		i := r.code(u)
		_, err := r.IssueCode(r.ctx(), i)
		r.must(err)
		other := r.issue(onetime.SMSChallenge, u)
		spending := challenge.Spending{Challenge: i.Challenge, Enrolment: app.ID, At: noon.Add(time.Minute)}
		if won := r.atOnce(64, func() (bool, error) { return r.SpendCode(r.ctx(), spending) }); won != 1 {
			t.Errorf("OT-03 64 right answers at once: got %d, want 1", won)
		}
		if r.live(i.Challenge, noon) || r.live(other, noon) {
			t.Error("OT-03 the code or another of its kind: got it alive, want both dead")
		}
		if n := r.count("SELECT COUNT(*) FROM sms_sends WHERE typed_at = ?", micros(spending.At)); n != 1 {
			t.Errorf("OT-07 sends marked as typed: got %d, want 1", n)
		}
		list, err := r.Enrolments(r.ctx(), u, noon)
		r.must(err)
		if !list[0].LastUsedAt.Equal(spending.At) {
			t.Errorf("the factor was last used at %v, want %v", list[0].LastUsedAt, spending.At)
		}
	})
}

func TestOneTimesOfUser(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := r.user().ID
		var want []onetime.Token
		for i := range 3 {
			tok := ticket(onetime.Device, u)
			tok.CreatedAt = noon.Add(-time.Duration(i) * time.Minute)
			r.must(r.IssueOneTime(r.ctx(), tok, r.trail(u)))
			want = append(want, tok)
		}
		r.issue(onetime.Device, r.user().ID)
		r.issue(onetime.Attempt, u)
		got, err := r.OneTimesOfUser(r.ctx(), onetime.Device, u, noon)
		r.must(err)
		if len(got) != len(want) {
			t.Fatalf("got %d, want the %d of that kind and user", len(got), len(want))
		}
		for i := range want {
			if string(got[i].Hash) != string(want[i].Hash) {
				t.Errorf("place %d: got the one of %v, want that of %v: the newest first", i, got[i].CreatedAt, want[i].CreatedAt)
			}
		}
		if got, err = r.OneTimesOfUser(r.ctx(), onetime.Device, u, want[0].ExpiresAt); err != nil || len(got) != 0 {
			t.Errorf("at their end: got %d, error %v; want none", len(got), err)
		}
	})
}
