package token

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/recent"
)

// DefaultCacheSize is how many verified tokens are remembered when the options do
// not say.
const DefaultCacheSize = 10_000

// VerifierOptions say what a Verifier accepts.
type VerifierOptions struct {
	Keys     *Keys    // required
	Issuer   string   // required: iss must be equal
	Audience []string // required: aud must name one of them
	Clock    clock.Clock
	// Revocations is asked on every Verify; required.
	Revocations Revocations
	// CacheSize bounds the remembered tokens; 0: DefaultCacheSize, negative: none.
	CacheSize int
	// MaxLife bounds exp - iat; 0, and at most: the constant MaxLife.
	MaxLife time.Duration
	// Skew is how far the issuing node's clock may be off, applied to exp, nbf and
	// iat; 0, and at most: MaxSkew. Negative: none.
	Skew time.Duration
	// Refresh reloads the keys when a token names one this node does not know, as
	// it does when another node has just made it. It is called at most once a
	// second, with a context of two seconds. Nil: the token is refused at once.
	Refresh func(context.Context) error
}

// Verifier decides whether an access token is good. The verdict depends on the
// token, the keys, the clock and the revocations and on nothing else: it is the
// same on every node and the same whether the token was seen before (TK-17). It
// is safe for concurrent use.
type Verifier struct {
	o     VerifierOptions
	cache *cache

	refreshing  sync.Mutex
	refreshedAt time.Time
}

// NewVerifier returns a verifier; an error when a required option is missing or
// one is beyond its bound.
func NewVerifier(o VerifierOptions) (*Verifier, error) {
	if o.Keys == nil || o.Issuer == "" || len(o.Audience) == 0 || o.Clock == nil || o.Revocations == nil {
		return nil, errors.New("token: a verifier needs Keys, Issuer, Audience, Clock and Revocations")
	}
	if o.MaxLife < 0 || o.MaxLife > MaxLife || o.Skew > MaxSkew {
		return nil, fmt.Errorf("token: MaxLife may be at most %v and Skew at most %v", MaxLife, MaxSkew)
	}
	o.Audience = slices.Clone(o.Audience)
	o.CacheSize = orDefault(o.CacheSize, DefaultCacheSize)
	o.MaxLife = orDefault(o.MaxLife, MaxLife)
	o.Skew = orDefault(o.Skew, MaxSkew)
	return &Verifier{o: o, cache: recent.New[[sha256.Size]byte, *verified](o.CacheSize)}, nil
}

// orDefault reads an option: zero is unsaid, negative is none.
func orDefault[T int | time.Duration](v, unsaid T) T {
	if v == 0 {
		return unsaid
	}
	return max(v, 0)
}

// Verify returns what a good token says. For any other text it returns
// fault.CodeInvalidToken, with a Refusal inside for Reason.
func (v *Verifier) Verify(raw string) (Claims, error) {
	good, err := v.judge(raw)
	if err != nil {
		return Claims{}, fault.Because(fault.CodeInvalidToken, err)
	}
	return good.claims.clone(), nil
}

// CacheLen is the number of remembered tokens, for metrics.
func (v *Verifier) CacheLen() int { return v.cache.Len() }

func (v *Verifier) judge(raw string) (*verified, error) {
	if len(raw) > MaxSize {
		return nil, TooLong
	}
	id := sha256.Sum256([]byte(raw))
	now := v.o.Clock()
	good, seen := v.cache.Get(id)
	seen = seen && v.keyStands(good, now)
	if !seen {
		var err error
		if good, err = v.examine(raw, now); err != nil {
			return nil, err
		}
	}
	if err := timely(&good.claims, now, v.o.Skew); err != nil {
		return nil, err
	}
	if v.o.Revocations.Revoked(good.claims) {
		return nil, Revoked
	}
	if !seen {
		v.cache.Put(id, good)
	}
	return good, nil
}

// keyStands reports whether the key that showed a remembered token is still in
// use. If not, the token is examined again like one never seen.
func (v *Verifier) keyStands(good *verified, now time.Time) bool {
	k := v.o.Keys.find(good.kid)
	return k != nil && !k.retired(now) && k.same(good.public)
}

// examine checks everything about a token that does not change with time, the
// signature before the payload is read.
func (v *Verifier) examine(raw string, now time.Time) (*verified, error) {
	t, err := split(raw)
	if err != nil {
		return nil, err
	}
	k, err := v.key(t.header, now)
	if err != nil {
		return nil, err
	}
	if !k.fits(t.signed, t.signature) {
		return nil, BadSignature
	}
	c, err := t.claims()
	if err != nil {
		return nil, err
	}
	if err := v.addressed(c); err != nil {
		return nil, err
	}
	return &verified{claims: c, kid: k.ID, public: k.Public}, nil
}

// key finds the key a header names. The algorithm is the key's own; the header
// must agree with it (TK-01).
func (v *Verifier) key(h header, now time.Time) (*Key, error) {
	if method(h.alg) == nil {
		return nil, WrongAlg
	}
	k := v.o.Keys.find(h.kid)
	if k == nil && v.o.Refresh != nil {
		v.refresh()
		k = v.o.Keys.find(h.kid)
	}
	switch {
	case k == nil:
		return nil, UnknownKey
	case k.retired(now):
		return nil, RetiredKey
	case k.Alg != h.alg:
		return nil, WrongAlg
	}
	return k, nil
}

// addressed checks the claims that must have one value.
func (v *Verifier) addressed(c Claims) error {
	if err := complete(c, v.o.MaxLife); err != nil {
		return err
	}
	if c.Issuer != v.o.Issuer {
		return WrongIssuer
	}
	for _, a := range c.Audience {
		if slices.Contains(v.o.Audience, a) {
			return nil
		}
	}
	return WrongAudience
}

// refresh reloads the keys unless that was done within the last second. Callers
// that arrive meanwhile wait for the one under way. A failure is not told apart
// from a key that is not there: the token is refused either way.
func (v *Verifier) refresh() {
	v.refreshing.Lock()
	defer v.refreshing.Unlock()
	now := v.o.Clock()
	if since := now.Sub(v.refreshedAt); 0 <= since && since < time.Second {
		return
	}
	v.refreshedAt = now
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = v.o.Refresh(ctx)
}
