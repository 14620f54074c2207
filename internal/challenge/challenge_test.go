package challenge_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/challenge"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/toll"
)

// TestDigitsAreUniform is a chi-square test over a million digits of codes, by
// position; 9 degrees of freedom exceed 33.7 once in ten thousand tries.
func TestDigitsAreUniform(t *testing.T) {
	const rounds = 1_000_000
	var seen [challenge.Digits][10]int
	for range rounds {
		for i, d := range opaque.Digits(challenge.Digits) {
			seen[i][d-'0']++
		}
	}
	for i, counts := range seen {
		chi := 0.0
		for _, n := range counts {
			d := float64(n) - rounds/10
			chi += d * d / (rounds / 10)
		}
		if chi > 45 { // once in a million
			t.Errorf("OT-01 position %d: got chi-square %.1f over %v, want at most 45", i, chi, counts)
		}
	}
}

func wantWrong(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, factor.ErrWrong) {
		t.Errorf("%s: got %v, want factor.ErrWrong", what, err)
	}
}

func TestCodesAreBound(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		for _, via := range r.both() {
			mine, ctx := r.attempt("mine"), t.Context()
			code := r.send(t, via, mine)
			for name, s := range map[string]factor.Subject{
				"another sign-in":      r.attempt("other"),
				"a session":            {UserID: r.user.ID, SessionID: "s1"},
				"another user":         {UserID: ident.New(), AttemptID: mine.AttemptID},
				"a set-up in the same": {UserID: r.user.ID, AttemptID: mine.AttemptID, Confirm: via.to.ID},
			} {
				_, err := via.Check(ctx, s, code)
				wantWrong(t, "OT-02 "+via.name+", "+name, err)
			}
			p, err := via.Check(ctx, mine, " "+code+"\n")
			if err != nil || p.Method != via.Method() || p.Ref != via.to.ID || p.Mailbox != (via.name == "email") {
				t.Errorf("%s, the right one: got %+v %v, want a proof of %s", via.name, p, err, via.to.ID)
			}
			_, err = via.Check(ctx, mine, code)
			wantWrong(t, via.name+" a second time", err)
		}
		t.Run("OT-02 a code of the other channel", func(t *testing.T) {
			both := r.both()
			code := r.send(t, both[0], r.attempt("x"))
			r.send(t, both[1], r.attempt("x"))
			if _, err := both[1].Check(t.Context(), r.attempt("x"), code); err == nil {
				t.Error("got a proof by e-mail with the code of the SMS")
			}
		})
	})
}

func TestNewestCodeAlone(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		for _, via := range r.both() {
			s := r.attempt("a")
			old := r.send(t, via, s)
			code := r.send(t, via, s)
			if old != code {
				_, err := via.Check(t.Context(), s, old)
				wantWrong(t, "OT-03 "+via.name+" the older code", err)
			}
			if _, err := via.Check(t.Context(), s, code); err != nil {
				t.Errorf("OT-03 %s the newer code: got %v, want a proof", via.name, err)
			}
			code = r.send(t, via, s)
			r.clock.Advance(5 * time.Minute)
			_, err := via.Check(t.Context(), s, code)
			wantWrong(t, "OT-01 "+via.name+" after its time", err)
		}
	})
}

func TestFiveTries(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		for _, via := range r.both() {
			s := r.attempt("a")
			code := r.send(t, via, s)
			for range challenge.Tries {
				_, err := via.Check(t.Context(), s, different(code))
				wantWrong(t, via.name, err)
			}
			_, err := via.Check(t.Context(), s, code)
			wantWrong(t, "OT-03 "+via.name+" the right code after five wrong ones", err)
		}
	})
}

func different(code string) string {
	return string('0'+(code[0]-'0'+1)%10) + code[1:]
}

func TestParallelAnswers(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		for _, via := range r.both() {
			s := r.attempt("a")
			code := r.send(t, via, s)
			right := inParallel(64, func() error { _, err := via.Check(t.Context(), s, code); return err })
			if right != 1 {
				t.Errorf("%s, 64 right answers at once: got %d successes, want 1", via.name, right)
			}
			code = r.send(t, via, s)
			before := r.compared.Load()
			inParallel(200, func() error { _, err := via.Check(t.Context(), s, different(code)); return err })
			if n := r.compared.Load() - before; n != challenge.Tries {
				t.Errorf("RL-04 %s, 200 wrong answers at once: got %d compared, want %d", via.name, n, challenge.Tries)
			}
		}
	})
}

// inParallel calls f n times at once and counts the calls without error.
func inParallel(n int, f func() error) int64 {
	var good atomic.Int64
	var all sync.WaitGroup
	begin := make(chan struct{})
	for range n {
		all.Go(func() {
			<-begin
			if f() == nil {
				good.Add(1)
			}
		})
	}
	close(begin)
	all.Wait()
	return good.Load()
}

func TestWhatIsStored(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		for _, via := range r.both() {
			s := r.attempt("a")
			r.clock.Advance(time.Minute)
			sent, err := via.Send(t.Context(), s, via.to)
			must(t, err)
			if sent.ExpiresIn != 5*time.Minute || strings.Contains(sent.Hint, via.to.Phone+via.to.Email) {
				t.Errorf("%s: got %+v, want five minutes and a masked hint", via.name, sent)
			}
			kind := map[string]onetime.Kind{"sms": onetime.SMSChallenge, "email": onetime.EmailChallenge}[via.name]
			live, err := r.OneTimesOfUser(t.Context(), kind, r.user.ID, r.clock.Now())
			must(t, err)
			q := r.queued(t, via.by)
			if len(live) != 1 || len(q) != 1 {
				t.Fatalf("%s: got %d challenges and %d messages, want one each", via.name, len(live), len(q))
			}
			m := q[0]
			if len(m.Code) != 6 || m.Kind != message.Code || m.To != via.to.Phone+via.to.Email || m.Data["purpose"] != "sign_in" || !m.ExpiresAt.Equal(live[0].ExpiresAt) {
				t.Errorf("%s: got %v to %q until %v, want a code that expires with its challenge at %v", via.name, m.Data, m.To, m.ExpiresAt, live[0].ExpiresAt)
			}
			if bytes.Contains(live[0].Data, []byte(m.Code)) {
				t.Errorf("OT-04 %s: the code lies in the clear in %s", via.name, live[0].Data)
			}
			r.clock.Advance(5 * time.Minute)
			if late := r.queued(t, via.by); len(late) != 0 {
				t.Errorf("%s: got %d messages after the code expired, want none", via.name, len(late))
			}
		}
	})
}

func TestKilledCodesAreNotSent(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		for _, via := range r.both() {
			for range 3 {
				r.clock.Advance(time.Minute)
				_, err := via.Send(t.Context(), r.attempt("a"), via.to)
				must(t, err)
			}
			q := r.queued(t, via.by)
			if len(q) != 1 {
				t.Fatalf("OT-03 %s: got %d codes to send, want the newest alone", via.name, len(q))
			}
			if _, err := via.Check(t.Context(), r.attempt("a"), q[0].Code); err != nil {
				t.Errorf("OT-03 %s, the newest: got %v, want a proof", via.name, err)
			}
		}
	})
}

func TestParallelSendsLeaveOneCode(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		to := r.mailbox()
		if n := inParallel(20, func() error { _, err := r.mail.Send(t.Context(), r.attempt("a"), to); return err }); n != 20 {
			t.Fatalf("20 sends at once: got %d without error, want all", n)
		}
		live, err := r.OneTimesOfUser(t.Context(), onetime.EmailChallenge, r.user.ID, r.clock.Now())
		must(t, err)
		if q := r.queued(t, message.Email); len(live) != 1 || len(q) != 1 {
			t.Errorf("OT-03 20 sends at once: got %d live codes and %d messages, want one each", len(live), len(q))
		}
	})
}

func TestConfirming(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		for _, via := range r.both() {
			via.to.Enabled, via.to.ExpiresAt = false, r.clock.Now().Add(10*time.Minute)
			s := factor.Subject{UserID: r.user.ID, SessionID: "s1", Confirm: via.to.ID}
			code := r.send(t, via, s)
			asked, err := via.Asked(ctx, factor.Subject{UserID: r.user.ID, SessionID: "s1"})
			if err != nil || asked != via.to.ID {
				t.Errorf("%s: asked for %q %v, want %q", via.name, asked, err, via.to.ID)
			}
			if asked, err = via.Asked(ctx, r.attempt("s1")); err != nil || asked != "" {
				t.Errorf("%s, elsewhere: asked for %q %v, want nothing", via.name, asked, err)
			}
			_, err = via.Check(ctx, factor.Subject{UserID: r.user.ID, SessionID: "s1"}, code)
			wantWrong(t, "OT-02 "+via.name+" as a step-up", err)
			all, err := r.Enrolments(ctx, r.user.ID, r.clock.Now())
			must(t, err)
			i := len(all) - 1
			if i < 0 || all[i].ID != via.to.ID || all[i].Enabled {
				t.Fatalf("MF-07 %s: got %+v, want one pending factor", via.name, all)
			}
			if p, err := via.Check(ctx, s, code); err != nil || p.Ref != via.to.ID {
				t.Errorf("%s: got %+v %v, want a proof", via.name, p, err)
			}
		}
	})
}

func TestSMSBudget(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx := audit.WithOrigin(t.Context(), audit.Origin{Prefix: "192.0.2.7"})
		s, to := r.attempt("a"), r.phone()
		send := func() error { _, err := r.sms.Send(ctx, s, to); return err }
		must(t, send())
		err := send()
		if fault.Of(err) != fault.CodeRateLimited {
			t.Errorf("OT-06 a second within the minute: got %v, want rate_limited", err)
		}
		if n := len(r.queued(t, message.SMS)); n != 1 {
			t.Errorf("OT-06 after a refusal: got %d messages, want 1", n)
		}
		t.Run("OT-08 another spelling does not dodge", func(t *testing.T) {
			other := to
			other.Phone = "+44 (0)7400 12-34-56"
			if _, err := r.sms.Send(ctx, s, other); fault.Of(err) != fault.CodeRateLimited {
				t.Errorf("got %v, want rate_limited", err)
			}
		})
		t.Run("OT-06 countries and premium numbers", func(t *testing.T) {
			for _, phone := range []string{"+33612345678", "+449098790000"} {
				to := to
				to.Phone = phone
				if _, err := r.sms.Send(ctx, s, to); fault.Of(err) != fault.CodeInvalidRequest {
					t.Errorf("%s: got %v, want invalid_request", phone, err)
				}
			}
		})
		r.clock.Advance(time.Minute)
		t.Run("OT-06 parallel asks", func(t *testing.T) {
			if n := inParallel(20, send); n != 1 {
				t.Errorf("20 at once: got %d sent, want 1", n)
			}
		})
	})
}

func TestBreakerTripsOnceForAllNodes(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		r.sms.Budget.All = toll.Rate{N: 2, Per: 24 * time.Hour}
		s := r.attempt("a")
		for i, want := range []fault.Code{"", "", fault.CodeUnavailable, fault.CodeUnavailable} {
			r.clock.Advance(time.Minute)
			_, err := r.sms.Send(t.Context(), s, r.phone())
			if err != nil && fault.Of(err) != want || err == nil && want != "" {
				t.Errorf("OT-06 send %d: got %v, want %q", i+1, err, want)
			}
		}
		if !r.verdicts[2].Trip || r.verdicts[3].Trip {
			t.Errorf("OT-06: got %+v, want the third to trip the breaker and the fourth not", r.verdicts)
		}
		alarms := 0
		for _, e := range r.events(t) {
			if e.Name == audit.SystemAlarm && e.Reason == "sms_breaker_open" {
				alarms++
			}
		}
		if alarms != 1 {
			t.Errorf("OT-06 alarms: got %d, want 1", alarms)
		}
		if n := len(r.queued(t, message.SMS)); n != 1 {
			t.Errorf("OT-06: got %d messages, want the second code alone", n)
		}
	})
}

func TestPumpingIsWrittenDown(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		to := r.phone()
		to.Enabled, to.ExpiresAt = false, r.clock.Now().Add(time.Hour)
		var err error
		for _, last := range []string{"0", "1", "2", "3", "4", "5"} {
			to.Phone = "+44740012345" + last
			_, err = r.sms.Send(t.Context(), factor.Subject{UserID: r.user.ID, SessionID: "s", Confirm: to.ID}, to)
		}
		if fault.Of(err) != fault.CodeRateLimited {
			t.Errorf("OT-07 the sixth neighbour: got %v, want rate_limited", err)
		}
		found := false
		for _, e := range r.events(t) {
			found = found || e.Name == audit.RateLimitExceeded && e.Reason == "sms_sequential" && e.Factor == string(proof.SMS)
		}
		if !found {
			t.Error("OT-07: got no audit row of the sign, want one")
		}
	})
}

// events returns the newest part of the audit log.
func (r *rig) events(t *testing.T) []audit.Event {
	t.Helper()
	page, err := r.AuditPage(t.Context(), "", "", 1000)
	must(t, err)
	out := make([]audit.Event, 0, len(page))
	for _, p := range page {
		out = append(out, p.Event)
	}
	return out
}

func TestSuccessTouchesTheFactor(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		via := r.both()[0]
		via.to.Enabled, via.to.ExpiresAt = false, r.clock.Now().Add(10*time.Minute)
		s := factor.Subject{UserID: r.user.ID, SessionID: "s", Confirm: via.to.ID}
		_, err := via.Check(t.Context(), s, r.send(t, via, s))
		must(t, err)
		all, err := r.Enrolments(t.Context(), r.user.ID, r.clock.Now())
		must(t, err)
		if len(all) != 1 || !all[0].LastUsedAt.Equal(r.clock.Now()) {
			t.Errorf("got %+v, want one factor used now", all)
		}
	})
}

func TestMailLimitRefuses(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		r.mail.Allow = func(context.Context, string) error { return fault.New(fault.CodeRateLimited) }
		if _, err := r.mail.Send(t.Context(), r.attempt("a"), r.mailbox()); fault.Of(err) != fault.CodeRateLimited {
			t.Errorf("got %v, want rate_limited", err)
		}
		if n := len(r.queued(t, message.Email)); n != 0 {
			t.Errorf("got %d messages, want none", n)
		}
	})
}

func TestRead(t *testing.T) {
	for _, bad := range []string{"", "12345", "1234567", "12 456", "+12345", "１２３４５６", "12345a", "123456789012345678901234567890"} {
		if _, err := challenge.Read(bad); !errors.Is(err, factor.ErrMalformed) {
			t.Errorf("TO-05 %q: got %v, want factor.ErrMalformed", bad, err)
		}
	}
	if got, err := challenge.Read("\t012345 "); err != nil || got != "012345" {
		t.Errorf("TO-05 white space around: got %q %v, want 012345", got, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("123456")
	f.Add(" 12345６")
	f.Fuzz(func(t *testing.T, in string) {
		got, err := challenge.Read(in)
		if err == nil && (len(got) != challenge.Digits || strings.Trim(got, "0123456789") != "") {
			t.Errorf("TO-05 %q: got %q, want six digits or a refusal", in, got)
		}
	})
}
