package store_test

import (
	"crypto/rand"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

// random is n bytes nobody has seen before.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// event is one event about that user.
func (r *rig) event(target string) audit.Event {
	return audit.New(r.ctx(), noon, audit.UserUpdated, audit.Success, target)
}

// trail is one event and one message about that user.
func (r *rig) trail(target string) audit.Trail {
	return audit.Of(r.event(target)).Telling(message.ToMail(message.PasswordChanged, target, "ada@example.org"))
}

// person is a user that is not in the database yet.
func person(email string) account.User {
	return account.User{
		ID: ident.New(), Email: email, Canonical: email, Name: "Ada", Role: account.Member, PasswordHash: "$argon2id$old",
		PasswordChangedAt: noon, Handle: random(64), CreatedAt: noon, UpdatedAt: noon,
	}
}

// user adds a user with a new address.
func (r *rig) user() account.User {
	r.Helper()
	u := person("ada." + rand.Text() + "@example.org")
	r.must(r.CreateUser(r.ctx(), u, nil, audit.Of(r.event(u.ID))))
	return u
}

// ticket is a token of that kind that lives for five minutes and has five tries.
func ticket(kind onetime.Kind, userID string) onetime.Token {
	return onetime.Token{
		Kind: kind, Hash: random(32), UserID: userID, Data: []byte(`{"n":1}`), TriesLeft: 5,
		CreatedAt: noon, ExpiresAt: noon.Add(5 * time.Minute),
	}
}

// issue stores a token of that kind.
func (r *rig) issue(kind onetime.Kind, userID string) onetime.Token {
	r.Helper()
	tok := ticket(kind, userID)
	r.must(r.IssueOneTime(r.ctx(), tok, audit.Trail{}))
	return tok
}

// visit is a session of that user with its first refresh token, not yet open.
func visit(userID string) (session.Session, session.Refresh) {
	n := session.Session{
		ID: ident.New(), UserID: userID, Level: proof.AAL1, Proofs: []proof.Proof{{Method: proof.Password, At: noon}},
		Delivery: session.InBody, IP: "192.0.2.7", UserAgent: "curl/8", CreatedAt: noon, LastSeenAt: noon, ExpiresAt: noon.AddDate(0, 0, 30),
	}
	return n, refresh(n.ID)
}

// refresh is a refresh token of that session.
func refresh(sessionID string) session.Refresh {
	return session.Refresh{
		Hash: random(32), SessionID: sessionID, Binding: random(32), CreatedAt: noon, ExpiresAt: noon.AddDate(0, 0, 7),
	}
}

// session opens a session of that user.
func (r *rig) session(userID string) (session.Session, session.Refresh) {
	r.Helper()
	n, first := visit(userID)
	r.done(r.OpenSession(r.ctx(), n, first, session.Basis{}, audit.Of(r.event(userID))))
	return n, first
}

// ending ends every session of that user.
func ending(userID string) session.Ending {
	return session.Ending{UserID: userID, Reason: "test", At: noon, TokensDieAt: noon.Add(11 * time.Minute)}
}

// enrolment is an authenticator app that is still to be confirmed.
func enrolment(userID string) factor.Enrolment {
	return factor.Enrolment{
		ID: ident.New(), UserID: userID, Method: proof.TOTP, Name: "phone", Secret: random(20),
		ExpiresAt: noon.Add(10 * time.Minute), CreatedAt: noon,
	}
}

// factor sets up and confirms an authenticator app.
func (r *rig) factor(userID string) factor.Enrolment {
	r.Helper()
	e := enrolment(userID)
	r.must(r.BeginEnrolment(r.ctx(), e, audit.Trail{}))
	r.done(r.ConfirmEnrolment(r.ctx(), factor.Confirmation{ID: e.ID, UserID: userID, Step: 100, At: noon}, audit.Trail{}))
	return e
}

// codes are two backup codes with these ids.
func codes(ids ...string) []factor.BackupCode {
	var out []factor.BackupCode
	for _, id := range ids {
		out = append(out, factor.BackupCode{CodeID: id, Hash: "$argon2id$" + rand.Text()})
	}
	return out
}
