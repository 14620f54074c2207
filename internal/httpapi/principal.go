package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/token"
)

// BearerKind is what a bearer token is, told by its prefix. A token of one kind
// is never tried as another, so the token of a sign-in under way opens nothing
// but the routes that ask for it (MF-01).
type BearerKind string

// The kinds.
const (
	AccessBearer  BearerKind = "access"
	AttemptBearer BearerKind = "attempt"
	ServiceBearer BearerKind = "service"
)

// Principal is who calls.
type Principal struct {
	Kind BearerKind
	// Claims is what the access token says; zero for the other kinds.
	Claims token.Claims
	// UserID is whose it is: the token's subject, or the user whose sign-in is
	// under way; empty for a service.
	UserID string
	// Token is the credential as sent, for handlers that spend it. It is never
	// logged.
	Token string
	// Detail is what the Authenticator hands to the handlers: the attempt, or the
	// service's name. See DetailOf.
	Detail any
}

// IsAdmin reports whether the access token carries the role "admin".
func (p Principal) IsAdmin() bool {
	for _, r := range p.Claims.Roles {
		if r == "admin" {
			return true
		}
	}
	return false
}

// Authenticator turns a credential into a Principal. Each method returns
// fault.CodeInvalidToken (or CodeAttemptExpired) for one that is not good, and
// any other error where it cannot tell, which refuses too (OP-09). The frame
// sets Kind and Token itself.
type Authenticator interface {
	// Access verifies an access token; it touches no database.
	Access(ctx context.Context, raw string) (Principal, error)
	// Attempt finds the sign-in under way.
	Attempt(ctx context.Context, raw string) (Principal, error)
	// Service finds the backend that holds the key.
	Service(ctx context.Context, key string) (Principal, error)
}

type principalKey struct{}

// PrincipalOf returns who calls; ok is false on a public route.
func PrincipalOf(ctx context.Context) (p Principal, ok bool) {
	p, ok = ctx.Value(principalKey{}).(Principal)
	return p, ok
}

// WithPrincipal returns a context whose caller is p.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// DetailOf returns the Principal's Detail as a T; ok is false where there is
// none or it is something else.
func DetailOf[T any](ctx context.Context) (detail T, ok bool) {
	p, _ := PrincipalOf(ctx)
	detail, ok = p.Detail.(T)
	return detail, ok
}

// maxToken is the longest credential looked at, in bytes (TK-05).
const maxToken = 8 << 10

// Bearer returns the token of the Authorization header: CodeUnauthenticated
// where there is none, CodeInvalidToken where it cannot be one (RFC 6750 §2.1).
func Bearer(r *http.Request) (string, error) {
	values := r.Header["Authorization"]
	if len(values) == 0 {
		return "", fault.New(fault.CodeUnauthenticated)
	}
	scheme, raw, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", fault.New(fault.CodeUnauthenticated)
	}
	if len(values) > 1 || len(raw) > maxToken || !isToken68(raw) {
		return "", fault.New(fault.CodeInvalidToken)
	}
	return raw, nil
}

// isToken68 reports whether s is b64token of RFC 6750.
func isToken68(s string) bool {
	t := strings.TrimRight(s, "=")
	for i := range len(t) {
		c := t[i]
		if ('a' > c || c > 'z') && ('A' > c || c > 'Z') && ('0' > c || c > '9') && strings.IndexByte("-._~+/", c) < 0 {
			return false
		}
	}
	return t != ""
}

// kindOf tells the kind of a token by its prefix.
func kindOf(raw string) BearerKind {
	switch {
	case strings.HasPrefix(raw, string(opaque.Attempt)):
		return AttemptBearer
	case strings.HasPrefix(raw, string(opaque.Service)):
		return ServiceBearer
	default:
		return AccessBearer
	}
}

// authenticate finds the caller of a route with that statement. Next to
// CodeForbidden the Principal is the known caller who lacks the right.
func authenticate(r *http.Request, auth Auth, by Authenticator) (Principal, error) {
	raw, err := Bearer(r)
	if err != nil {
		return Principal{}, err
	}
	kind := kindOf(raw)
	if !auth.admits(kind) {
		return Principal{}, fault.New(fault.CodeInvalidToken)
	}
	ask := by.Access
	switch kind {
	case AttemptBearer:
		ask = by.Attempt
	case ServiceBearer:
		ask = by.Service
	}
	p, err := ask(r.Context(), raw)
	if err != nil {
		return Principal{}, err
	}
	p.Kind, p.Token = kind, raw
	if auth == Admin && !p.IsAdmin() {
		return p, fault.New(fault.CodeForbidden)
	}
	return p, nil
}
