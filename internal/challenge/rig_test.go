package challenge_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/challenge"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/emailcode"
	"github.com/sallyport/sallyport/internal/factor/smscode"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/toll"
)

// rig is the two factors on a real database.
type rig struct {
	*store.Store
	clock    *clock.Fake
	user     account.User
	sms      smscode.Factor
	mail     emailcode.Factor
	compared *atomic.Int64 // how many answers were compared
	mu       sync.Mutex
	verdicts []toll.Verdict
}

func (r *rig) observe(v toll.Verdict) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verdicts = append(r.verdicts, v)
}

// counting counts comparisons.
type counting struct {
	*seal.Keyring
	n *atomic.Int64
}

func (c counting) VerifyMAC(mac []byte, purpose string, parts ...[]byte) bool {
	c.n.Add(1)
	return c.Keyring.VerifyMAC(mac, purpose, parts...)
}

// engines runs a test on SQLite and on PostgreSQL.
func engines(t *testing.T, f func(t *testing.T, r *rig)) {
	storetest.OnBoth(t, func(t *testing.T, databaseURL string) { f(t, newRig(t, databaseURL)) })
}

func newRig(t *testing.T, databaseURL string) *rig {
	t.Helper()
	keyring, err := seal.NewKeyring([]string{seal.GenerateKey()})
	must(t, err)
	s, err := store.Open(t.Context(), databaseURL, keyring, store.Options{})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	r := &rig{Store: s, clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), compared: &atomic.Int64{}}
	a, err := account.ParseAddress("ada@example.org")
	must(t, err)
	r.user = account.NewUser(a, "Ada", account.Member, "", r.clock.Now())
	must(t, s.CreateUser(t.Context(), r.user, nil, audit.Of(audit.New(t.Context(), r.clock.Now(), audit.UserCreated, audit.Success, r.user.ID))))
	codes := challenge.Codes{
		Kind: onetime.SMSChallenge, Method: proof.SMS, Store: s, MAC: counting{keyring, r.compared}, Clock: r.clock.Now,
		Validity: 5 * time.Minute, Nudge: func() {},
	}
	r.sms = smscode.Factor{
		Codes: codes, Observe: r.observe,
		Budget: toll.Budget{
			Countries: []string{"GB", "US"}, Number: []toll.Rate{{N: 1, Per: time.Minute}, {N: 5, Per: time.Hour}},
			Account: toll.Rate{N: 100, Per: time.Hour}, IP: toll.Rate{N: 100, Per: time.Hour}, All: toll.Rate{N: 1000, Per: 24 * time.Hour},
		},
	}
	codes.Kind, codes.Method = onetime.EmailChallenge, proof.Email
	r.mail = emailcode.Factor{Codes: codes, Allow: func(context.Context, string) error { return nil }}
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const number = "+447400123456"

// phone and mailbox are factors that count.
func (r *rig) phone() factor.Enrolment {
	return factor.Enrolment{ID: ident.New(), UserID: r.user.ID, Method: proof.SMS, Phone: number, Enabled: true}
}

func (r *rig) mailbox() factor.Enrolment {
	return factor.Enrolment{ID: ident.New(), UserID: r.user.ID, Method: proof.Email, Email: r.user.Email, Enabled: true}
}

// both lists the two senders with a factor each.
func (r *rig) both() []sending {
	return []sending{{"sms", r.sms, r.phone(), message.SMS}, {"email", r.mail, r.mailbox(), message.Email}}
}

type sending struct {
	name string
	factor.Sender
	to factor.Enrolment
	by message.Channel
}

func (r *rig) attempt(name string) factor.Subject {
	return factor.Subject{UserID: r.user.ID, AttemptID: []byte(name)}
}

// queued takes what waits in the outbox for a channel, oldest first.
func (r *rig) queued(t *testing.T, by message.Channel) []message.Queued {
	t.Helper()
	out, err := r.ClaimMessages(t.Context(), by, r.clock.Now(), time.Minute, 100)
	must(t, err)
	return out
}

// send sends a code and returns it as it waits in the outbox.
func (r *rig) send(t *testing.T, via sending, s factor.Subject) string {
	t.Helper()
	r.clock.Advance(time.Minute)
	_, err := via.Send(t.Context(), s, via.to)
	must(t, err)
	q := r.queued(t, via.by)
	if len(q) == 0 {
		t.Fatalf("%s: nothing is queued", via.name)
	}
	return q[len(q)-1].Code
}
