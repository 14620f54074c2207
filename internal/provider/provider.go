package provider

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Provider is one outside identity provider. It must be safe for concurrent use.
// Its calls end with ctx and go through the client of NewClient.
type Provider interface {
	// About says how it is called.
	About() About
	// AuthorizeURL returns the address the browser is sent to. It must carry the
	// passage's state, challenge and, where the provider knows one, nonce.
	AuthorizeURL(ctx context.Context, p Passage) (string, error)
	// Redeem turns what came back into an identity. It returns an error that
	// wraps ErrUnavailable when the provider does not answer, and ErrRejected when
	// its answer is not acceptable; an identity is never returned with an error.
	Redeem(ctx context.Context, p Passage, r Reply) (Identity, error)
}

// Refresher is implemented by providers whose tokens can be renewed.
type Refresher interface {
	// Refresh returns fresh tokens; one that does not bring a new refresh token
	// keeps the old one. ErrRejected says the person withdrew the consent.
	Refresh(ctx context.Context, refreshToken string) (Tokens, error)
}

// Revoker is implemented by providers that take tokens back.
type Revoker interface {
	// Revoke makes the tokens useless.
	Revoke(ctx context.Context, t Tokens) error
}

// The ways in which a provider fails.
var (
	ErrUnavailable = errors.New("provider: does not answer")
	ErrRejected    = errors.New("provider: the answer is not acceptable")
)

// Rejected returns an error that wraps ErrRejected and says why, for the log.
func Rejected(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrRejected}, args...)...)
}

// Unavailable returns an error that wraps ErrUnavailable and cause.
func Unavailable(cause error) error { return fmt.Errorf("%w: %w", ErrUnavailable, cause) }

// About is how a provider is shown.
type About struct {
	Name  string // in addresses and tables: "google"; see GoodName
	Title string // on buttons: "Google"
	Icon  string // the address of an image; empty: the front end brings its own
}

var goodName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// GoodName reports whether a provider may be called name: lower-case letters,
// digits and hyphens, at most 32 bytes, a letter first.
func GoodName(name string) bool { return goodName.MatchString(name) }

// Passage is one round trip through a provider's pages.
type Passage struct {
	State       string
	Nonce       string
	Verifier    string // of PKCE (RFC 7636)
	RedirectURI string // one per provider, so that answers cannot be mixed up (OA-05)
	// Offline asks for a refresh token, where provider tokens are kept.
	Offline bool
}

// Challenge is the S256 challenge of the verifier.
func (p Passage) Challenge() string { return challengeOf(p.Verifier) }

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Reply is what the provider's redirect brought back.
type Reply struct {
	Code   string
	Issuer string // iss of RFC 9207; empty where the provider sends none
}

// Identity is who the provider says signed in. Issuer and Subject are the key;
// nothing else ever is (OA-06).
type Identity struct {
	Issuer  string
	Subject string
	Email   string
	// EmailVerified is whether the provider says, in so many words, that the
	// person has shown access to the mailbox (OA-07).
	EmailVerified bool
	// Authoritative is whether the provider runs or owns the mailbox's domain, so
	// that its word about the address is the last one (OA-08).
	Authoritative bool
	Name          string
	// Multi is whether the provider says that it asked for a second factor and is
	// trusted to say so.
	Multi  bool
	Tokens Tokens
}

// Asker is a Provider that can be asked whether it is there, for whoever looks
// for what is wrong before anybody signs in.
type Asker interface {
	// Ask fetches what the provider publishes, without a user and without a secret.
	// Its error is ErrUnavailable or ErrRejected, as of a sign-in.
	Ask(ctx context.Context) error
}

// Valid reports whether the key is usable.
func (i Identity) Valid() bool {
	return i.Issuer != "" && len(i.Issuer) <= 255 && i.Subject != "" && len(i.Subject) <= 255
}

// Tokens are a provider's own tokens. They are kept only if the operator says
// so, and sealed.
type Tokens struct {
	Access    string
	Refresh   string
	ExpiresAt time.Time // of Access; zero: unsaid
}

// Empty reports whether there are none.
func (t Tokens) Empty() bool { return t.Access == "" && t.Refresh == "" }

// Registry is the list of providers, in the order they are shown. The zero value
// holds none.
type Registry struct{ list []Provider }

// NewRegistry returns a registry, or an error for a bad or repeated name.
func NewRegistry(list ...Provider) (Registry, error) {
	var seen []string
	for _, p := range list {
		name := p.About().Name
		if !GoodName(name) || slices.Contains(seen, name) {
			return Registry{}, fmt.Errorf("provider: the name %q is not usable or taken", name)
		}
		seen = append(seen, name)
	}
	return Registry{slices.Clone(list)}, nil
}

// Find returns the provider of that name.
func (r Registry) Find(name string) (Provider, bool) {
	i := slices.IndexFunc(r.list, func(p Provider) bool { return p.About().Name == name })
	if i < 0 {
		return nil, false
	}
	return r.list[i], true
}

// Names returns every name.
func (r Registry) Names() []string {
	out := make([]string, 0, len(r.list))
	for _, p := range r.list {
		out = append(out, p.About().Name)
	}
	return out
}

// List says how every provider is shown.
func (r Registry) List() []About {
	out := make([]About, 0, len(r.list))
	for _, p := range r.list {
		out = append(out, p.About())
	}
	return out
}
