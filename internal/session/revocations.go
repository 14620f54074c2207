package session

import (
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/token"
)

// RevocationKind says what a revocation names.
type RevocationKind string

// The kinds (TK-11).
const (
	RevokedToken   RevocationKind = "jti"  // one access token
	RevokedSession RevocationKind = "sid"  // one session with all its tokens
	RevokedUser    RevocationKind = "user" // every session of the user opened up to NotBefore
)

// Revocation takes access tokens back before they expire. It is kept until the
// last token it concerns has expired.
type Revocation struct {
	ID        string // UUIDv7
	Kind      RevocationKind
	Value     string    // the jti, sid or user id
	NotBefore time.Time // for RevokedUser: sessions opened up to here are ended
	Reason    string    // "logout", "revoked", "password_changed", …
	At        time.Time // when the revoking transaction ran
	ExpiresAt time.Time // when no token it concerns can still be valid
}

// Concerns reports whether the revocation takes back a token with these claims.
// Of a user revocation that is asked of the instant inside the session id, a
// UUIDv7: a session opened right after it is not touched, to the millisecond.
func (r Revocation) Concerns(c token.Claims) bool {
	switch r.Kind {
	case RevokedToken:
		return c.ID == r.Value
	case RevokedSession:
		return c.SessionID == r.Value
	case RevokedUser:
		if c.Subject != r.Value {
			return false
		}
		opened, ok := ident.Time(c.SessionID)
		return !ok || !opened.After(r.NotBefore)
	default:
		return true // unknown kinds come from a newer node: refuse
	}
}

type revocationKey struct {
	kind  RevocationKind
	value string
}

// Revocations is the node's set of live revocations. Asking it costs two or
// three map reads and no I/O. It is safe for concurrent use.
type Revocations struct {
	mu       sync.RWMutex
	set      map[revocationKey]Revocation
	watchers []func(Revocation)
}

// NewRevocations returns an empty set.
func NewRevocations() *Revocations {
	return &Revocations{set: map[revocationKey]Revocation{}}
}

// Watch registers f, which is called for each revocation that is new to this
// node, after the set holds it. f must not block. All watchers are registered
// before the first Add.
func (s *Revocations) Watch(f func(Revocation)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, f)
}

// Add puts revocations into the set and tells the watchers of those that were
// not there. The same revocation arrives by several ways and is told once.
func (s *Revocations) Add(revs ...Revocation) {
	for _, r := range revs {
		if s.put(r) {
			for _, f := range s.watchers {
				f(r)
			}
		}
	}
}

func (s *Revocations) put(r Revocation) (isNew bool) {
	k := revocationKey{r.Kind, r.Value}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.set[k]
	if ok && !r.NotBefore.After(old.NotBefore) {
		return false
	}
	s.set[k] = r
	return true
}

// Revoked reports whether a token with these claims was taken back.
func (s *Revocations) Revoked(c token.Claims) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, k := range []revocationKey{{RevokedToken, c.ID}, {RevokedSession, c.SessionID}, {RevokedUser, c.Subject}} {
		if r, ok := s.set[k]; ok && r.Concerns(c) {
			return true
		}
	}
	return false
}

// Forget drops the revocations that no living token can need at now.
func (s *Revocations) Forget(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, r := range s.set {
		if now.After(r.ExpiresAt) {
			delete(s.set, k)
		}
	}
}

// Len is the number of live revocations, for metrics.
func (s *Revocations) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.set)
}
