package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/token"
)

// Store is what sessions need of the database; every method is one transaction.
type Store interface {
	// OpenSession adds a session; touched is false when its basis holds no more.
	OpenSession(ctx context.Context, s Session, r Refresh, b Basis, t audit.Trail) (touched bool, err error)
	// RaiseSession changes what was proved, if nobody else did meanwhile.
	RaiseSession(ctx context.Context, old Session, level proof.Level, proofs []proof.Proof, now time.Time, t audit.Trail) (touched bool, err error)
	// EndSessions ends sessions and returns what takes their tokens back.
	EndSessions(ctx context.Context, e Ending, t audit.Trail) ([]Revocation, error)
	// RevokeToken takes back one access token.
	RevokeToken(ctx context.Context, r Revocation, t audit.Trail) error
	// SessionByID returns a session or fault.CodeNotFound.
	SessionByID(ctx context.Context, id string) (Session, error)
	// SessionsOfUser returns the user's open sessions.
	SessionsOfUser(ctx context.Context, userID string, now time.Time) ([]Session, error)
	// OpenSessions returns open sessions of all users before that id, newest first.
	OpenSessions(ctx context.Context, before string, now time.Time, limit int) ([]Held, error)
	RefreshStore
}

// RefreshStore is the part that rotates refresh tokens.
type RefreshStore interface {
	// FindRefresh returns a refresh token, spent or not, or fault.CodeNotFound.
	FindRefresh(ctx context.Context, hash []byte) (Found, error)
	// RotateRefresh spends a token for its successor; exactly one caller succeeds.
	RotateRefresh(ctx context.Context, spent []byte, next Refresh, successor string, t audit.Trail) (touched bool, err error)
	// SpendGrace takes the one grace answer of a spent token.
	SpendGrace(ctx context.Context, hash []byte, usedAfter, now time.Time) (touched bool, err error)
}

// Signer makes access tokens.
type Signer interface {
	Sign(c token.Claims) (string, error)
}

// Notifier builds the warning that goes to the holder of a session whose refresh
// token was used twice.
type Notifier interface {
	TokenReused(h Holder) audit.Trail
}

// Settings are the figures of sessions.
type Settings struct {
	Issuer     string
	Audience   []string
	AccessLife time.Duration // <= 15 min (TK-04)
	Life       time.Duration // absolute (TK-09)
	Idle       time.Duration // unused that long, a session ends
	Grace      time.Duration // <= 10 s; 0: a spent refresh token is never answered
	Skew       time.Duration // what verifiers allow, so revocations outlive tokens
}

// Parts is what the service is made of.
type Parts struct {
	Store       Store
	Signer      Signer
	Revocations *Revocations
	Publisher   Publisher
	Clock       clock.Clock
	Log         *slog.Logger
	Settings    Settings
	Notifier    Notifier
	// StillGood is asked at every refresh whether policy still lets this session
	// live, for instance when a second factor has become required (TK-10).
	StillGood func(h Holder, s Session) error
	// Allow counts a refresh of that session and refuses too many (RL-13).
	Allow func(ctx context.Context, sessionID string) error
}

// Service opens, renews and ends sessions. It is safe for concurrent use.
type Service struct{ Parts }

// New returns the service.
func New(p Parts) *Service { return &Service{p} }

// Tokens is what a client gets for a session.
type Tokens struct {
	Access    string
	ExpiresIn time.Duration
	Refresh   string // empty where the client keeps the one it has
	Session   Session
	Holder    Holder
}

// Opening is a finished sign-in.
type Opening struct {
	Holder   Holder
	Proofs   []proof.Proof
	Delivery Delivery
	// Attempt is the hash of the sign-in's attempt token, which is spent with the
	// opening; nil where the sign-in took one step.
	Attempt []byte
	// PasswordSetAt is when the user's password was last set, as the sign-in read
	// it; zero: there is none.
	PasswordSetAt time.Time
	// Event is the sign-in's own audit event; the session's id is filled in here.
	Event audit.Trail
}

// Open opens a session. It is called by package signin alone, once everything
// due was proved. It returns fault.CodeAttemptExpired when the attempt was spent
// meanwhile: one sign-in opens one session; and when the password was changed or
// the user locked while the sign-in was under way.
func (s *Service) Open(ctx context.Context, o Opening) (Tokens, error) {
	now, from := s.Clock(), audit.OriginOf(ctx)
	n := Session{
		ID: ident.New(), UserID: o.Holder.ID, Level: proof.LevelOf(o.Proofs), Proofs: o.Proofs, Delivery: o.Delivery,
		IP: from.ClientIP, UserAgent: from.UserAgent, CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(s.Settings.Life),
	}
	plain, r := s.newRefresh(ctx, n, now)
	created := audit.New(ctx, now, audit.SessionCreated, audit.Success, n.UserID)
	created.Details = map[string]string{"aal": n.Level.String()}
	trail := audit.Trail{Events: append(slices.Clone(o.Event.Events), created), Messages: o.Event.Messages}
	for i := range trail.Events {
		trail.Events[i].SessionID = n.ID
	}
	touched, err := s.Store.OpenSession(ctx, n, r, Basis{o.Attempt, o.PasswordSetAt}, trail)
	if err != nil {
		return Tokens{}, err
	}
	if !touched {
		return Tokens{}, fault.New(fault.CodeAttemptExpired)
	}
	return s.tokens(n, o.Holder, plain, now)
}

func (s *Service) newRefresh(ctx context.Context, n Session, now time.Time) (plain string, r Refresh) {
	plain, hash := opaque.New(opaque.Refresh)
	end := now.Add(s.Settings.Idle)
	if end.After(n.ExpiresAt) {
		end = n.ExpiresAt
	}
	return plain, Refresh{Hash: hash, SessionID: n.ID, Binding: binding(ctx), CreatedAt: now, ExpiresAt: end}
}

// binding is the hash of the client as the network shows it.
func binding(ctx context.Context) []byte {
	o := audit.OriginOf(ctx)
	h := sha256.Sum256([]byte(o.Prefix + "\x00" + o.UserAgent))
	return h[:]
}

func (s *Service) tokens(n Session, h Holder, refresh string, now time.Time) (Tokens, error) {
	end := now.Add(s.Settings.AccessLife)
	if end.After(n.ExpiresAt) {
		end = n.ExpiresAt
	}
	var roles []string
	if h.Role != "" && h.Role != "user" {
		roles = []string{h.Role}
	}
	access, err := s.Signer.Sign(token.Claims{
		Issuer: s.Settings.Issuer, Subject: n.UserID, Audience: s.Settings.Audience, ClientID: s.Settings.Audience[0],
		ID: ident.New(), SessionID: n.ID, IssuedAt: now, ExpiresAt: end, AuthTime: n.AuthTime(),
		AAL: n.Level.String(), AMR: proof.AMR(n.Proofs), Roles: roles, Email: h.Email,
	})
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{Access: access, ExpiresIn: end.Sub(now), Refresh: refresh, Session: n, Holder: h}, nil
}

// StepUp adds a fresh proof to an open session and returns a new access token of
// it, with the level and auth_time that follow. It returns
// fault.CodeInvalidToken when the session has ended.
func (s *Service) StepUp(ctx context.Context, h Holder, sessionID string, p proof.Proof) (Tokens, error) {
	for range 3 { // another step-up of the same session can be faster
		old, err := s.Live(ctx, h.ID, sessionID)
		if err != nil {
			return Tokens{}, err
		}
		now := s.Clock()
		next := old
		next.Proofs = merge(old.Proofs, p)
		next.Level = max(old.Level, proof.LevelOf(next.Proofs))
		e := audit.New(ctx, now, audit.SessionStepUp, audit.Success, h.ID)
		e.SessionID, e.Factor, e.Details = sessionID, string(p.Method), map[string]string{"aal": next.Level.String()}
		touched, err := s.Store.RaiseSession(ctx, old, next.Level, next.Proofs, now, audit.Of(e))
		if err != nil {
			return Tokens{}, err
		}
		if touched {
			return s.tokens(next, h, "", now)
		}
	}
	return Tokens{}, fault.Because(fault.CodeUnavailable, errors.New("session: three other step-ups were faster")).WithRetryAfter(time.Second)
}

// merge puts p in place of an older proof of the same thing.
func merge(proofs []proof.Proof, p proof.Proof) []proof.Proof {
	out := slices.DeleteFunc(slices.Clone(proofs), func(o proof.Proof) bool {
		return o.Method == p.Method && o.Ref == p.Ref
	})
	return append(out, p)
}

// Live returns the user's session if it is open, or fault.CodeInvalidToken.
func (s *Service) Live(ctx context.Context, userID, sessionID string) (Session, error) {
	n, err := s.Store.SessionByID(ctx, sessionID)
	if fault.Of(err) == fault.CodeNotFound {
		return Session{}, fault.Because(fault.CodeInvalidToken, err)
	}
	if err != nil {
		return Session{}, err
	}
	if n.UserID != userID || !n.Live(s.Clock()) {
		return Session{}, fault.Because(fault.CodeInvalidToken, errors.New("session: not open"))
	}
	return n, nil
}

// List returns the user's open sessions, oldest first.
func (s *Service) List(ctx context.Context, userID string) ([]Session, error) {
	return s.Store.SessionsOfUser(ctx, userID, s.Clock())
}

// ListAll returns up to limit open sessions of all users, newest first, before
// the one of that id (empty: from the newest).
func (s *Service) ListAll(ctx context.Context, before string, limit int) ([]Held, error) {
	return s.Store.OpenSessions(ctx, before, s.Clock(), limit)
}
