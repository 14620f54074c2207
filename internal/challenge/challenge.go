package challenge

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/toll"
)

// The figures of a code.
const (
	Digits = 6
	// Tries is how many answers one code accepts, the right one included (OT-03).
	Tries = 5
	// MaxValidity is the longest a code may work (OT-01).
	MaxValidity = 10 * time.Minute
)

// Issue is everything that is stored when a code leaves.
type Issue struct {
	Challenge onetime.Token
	// Pending is the enrolment the code is to confirm, stored in place of an older
	// pending one of its method; nil: the code answers a factor that counts.
	Pending *factor.Enrolment
	// Send is what the code costs, judged under Budget; nil: nothing.
	Send   *toll.Send
	Budget toll.Budget
	// Trail holds the event and the message that carries the code; Alarm is left
	// instead when the breaker trips.
	Trail, Alarm audit.Trail
}

// Spending names a code whose right answer was given.
type Spending struct {
	Challenge onetime.Token
	// Enrolment is the factor that was answered with it.
	Enrolment string
	At        time.Time
}

// Store is what codes need of the database; each method is one transaction.
type Store interface {
	// IssueCode stores a challenge, kills the user's older ones of its kind and
	// queues the message, unless the budget refuses: then nothing of it stands and
	// the verdict says why.
	IssueCode(ctx context.Context, i Issue) (toll.Verdict, error)
	// OneTimesOfUser returns the user's live tokens of that kind, newest first.
	OneTimesOfUser(ctx context.Context, kind onetime.Kind, userID string, now time.Time) ([]onetime.Token, error)
	// SpendTry takes one try, or returns fault.CodeNotFound.
	SpendTry(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error)
	// SpendCode spends a challenge, and whatever else of its kind the user has;
	// touched is false for all callers but one.
	SpendCode(ctx context.Context, s Spending) (touched bool, err error)
	// Record writes an event that belongs to no change.
	Record(ctx context.Context, t audit.Trail) error
}

// MAC keys what is kept of a code. Both methods derive their key from the
// server's secret for that purpose alone.
type MAC interface {
	MAC(purpose string, parts ...[]byte) []byte
	VerifyMAC(mac []byte, purpose string, parts ...[]byte) bool
}

// Codes makes and checks the codes of one channel. It is safe for concurrent
// use.
type Codes struct {
	Kind     onetime.Kind // which challenges are this channel's
	Method   proof.Method
	Store    Store
	MAC      MAC
	Clock    clock.Clock
	Validity time.Duration // at most MaxValidity
	Nudge    func()        // wakes the outbox; must not block
}

// data is what a challenge keeps.
type data struct {
	Purpose   factor.Purpose `json:"purpose"`
	Binding   string         `json:"binding"`
	Enrolment string         `json:"enrolment"`
	MAC       []byte         `json:"mac"`
}

// Issue makes a code for the subject and queues it in m, whose code, purpose and
// expiry are filled in here. The error of a budget is left to the caller: an
// empty Sent comes with a verdict that refused.
func (c Codes) Issue(ctx context.Context, s factor.Subject, to factor.Enrolment, m message.Outgoing, i Issue) (factor.Sent, toll.Verdict, error) {
	now := c.Clock()
	code, id := opaque.Digits(Digits), make([]byte, 32)
	rand.Read(id)
	d := data{Purpose: s.Purpose(), Binding: binding(s), Enrolment: to.ID}
	d.MAC = c.MAC.MAC(macPurpose, c.parts(id, s.UserID, d, code)...)
	raw, err := json.Marshal(d)
	if err != nil {
		return factor.Sent{}, toll.Verdict{}, err
	}
	i.Challenge = onetime.Token{
		Kind: c.Kind, Hash: id, UserID: s.UserID, SessionID: s.SessionID, Data: raw, TriesLeft: Tries,
		CreatedAt: now, ExpiresAt: now.Add(min(c.Validity, MaxValidity)),
	}
	m.Code, m.ExpiresAt = code, i.Challenge.ExpiresAt
	m.Data = map[string]string{"purpose": string(d.Purpose)}
	if !to.Enabled {
		to.CreatedAt = now
		i.Pending = &to
	}
	if i.Send != nil {
		i.Send.ID, i.Send.At = SendID(id), now
	}
	e := audit.New(ctx, now, audit.TokenCreated, audit.Success, s.UserID)
	e.Factor, e.SessionID, e.Details = string(c.Method), s.SessionID, map[string]string{"purpose": string(d.Purpose)}
	i.Trail = audit.Of(e).Telling(m)
	defer c.Nudge()
	v, err := c.Store.IssueCode(ctx, i)
	if err != nil || v.Reason != toll.Allowed {
		return factor.Sent{}, v, err
	}
	return factor.Sent{Hint: to.Hint(), ExpiresIn: i.Challenge.ExpiresAt.Sub(now)}, v, nil
}

// SendID names the send of the challenge of that hash in the book of sends.
func SendID(hash []byte) string { return base64.RawURLEncoding.EncodeToString(hash) }

// Asked returns the enrolment that the subject's live code is to confirm; empty
// where there is no such code.
func (c Codes) Asked(ctx context.Context, s factor.Subject) (string, error) {
	_, d, err := c.live(ctx, s)
	if fault.Of(err) == fault.CodeNotFound {
		return "", nil
	}
	if err != nil || d.Purpose != factor.Confirm {
		return "", err
	}
	return d.Enrolment, nil
}

// Check compares an answer with the subject's live code and spends the code if
// it is right. It returns the enrolment the code was sent to. A try is counted
// before the comparison, in a transaction of its own (RL-03, RL-04).
func (c Codes) Check(ctx context.Context, s factor.Subject, answer string) (enrolment string, err error) {
	code, err := Read(answer)
	if err != nil {
		return "", err
	}
	tok, d, err := c.live(ctx, s)
	if err != nil {
		return "", wrong(err, "no_code")
	}
	if d.Purpose != s.Purpose() || d.Purpose == factor.Confirm && d.Enrolment != s.Confirm {
		return "", factor.Wrong{Reason: "other_purpose"}
	}
	now := c.Clock()
	if _, err := c.Store.SpendTry(ctx, c.Kind, tok.Hash, now); err != nil {
		return "", wrong(err, "no_tries_left")
	}
	if !c.MAC.VerifyMAC(d.MAC, macPurpose, c.parts(tok.Hash, s.UserID, d, code)...) {
		return "", factor.Wrong{Reason: "wrong_code"}
	}
	touched, err := c.Store.SpendCode(ctx, Spending{Challenge: tok, Enrolment: d.Enrolment, At: now})
	if err != nil {
		return "", err
	}
	if !touched {
		return "", factor.Wrong{Reason: "replayed"}
	}
	return d.Enrolment, nil
}

// wrong turns "there is none" into a wrong answer; other errors stay.
func wrong(err error, reason string) error {
	if fault.Of(err) == fault.CodeNotFound {
		return factor.Wrong{Reason: reason}
	}
	return err
}

// live returns the newest challenge of the user if it belongs to the subject's
// sign-in or session, else fault.CodeNotFound. Older ones are dead (OT-03).
func (c Codes) live(ctx context.Context, s factor.Subject) (onetime.Token, data, error) {
	all, err := c.Store.OneTimesOfUser(ctx, c.Kind, s.UserID, c.Clock())
	if err != nil {
		return onetime.Token{}, data{}, err
	}
	if len(all) == 0 {
		return onetime.Token{}, data{}, fault.New(fault.CodeNotFound)
	}
	var d data
	if err := json.Unmarshal(all[0].Data, &d); err != nil {
		return onetime.Token{}, data{}, err
	}
	if d.Binding != binding(s) {
		return onetime.Token{}, data{}, fault.New(fault.CodeNotFound)
	}
	return all[0], d, nil
}

// binding names the sign-in or the session a code belongs to.
func binding(s factor.Subject) string {
	if s.SessionID != "" {
		return "session:" + s.SessionID
	}
	return "attempt:" + base64.RawURLEncoding.EncodeToString(s.AttemptID)
}

// macPurpose is what the key of codes is derived for.
const macPurpose = "challenge-code"

// parts is everything a code is bound to.
func (c Codes) parts(id []byte, userID string, d data, code string) [][]byte {
	return [][]byte{
		id, []byte(userID), []byte(c.Kind), []byte(d.Purpose), []byte(d.Binding), []byte(d.Enrolment), []byte(code),
	}
}

// Read returns a code as it is compared: the answer without the white space
// around it must be exactly six ASCII digits, else factor.ErrMalformed (TO-05).
func Read(answer string) (string, error) {
	answer = strings.TrimSpace(answer)
	if len(answer) != Digits || strings.Trim(answer, "0123456789") != "" {
		return "", factor.ErrMalformed
	}
	return answer, nil
}
