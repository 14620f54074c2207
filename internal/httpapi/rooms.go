package httpapi

import (
	"context"
	"net/http"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/enrolment"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/token"
)

// Rooms is what the resources work with.
type Rooms struct {
	Accounts  *account.Service
	Profiles  Profiles
	SignIn    *signin.Service
	Sessions  *session.Service
	Enrolment *enrolment.Service
	Providers *provider.Host
	Tickets   session.Tickets
	Verifier  Verifier
	Keys      *token.Keys
	Gateway   http.Handler
	Realtime  Realtime
	Server    Server
	Brand     Brand
	Inbox     http.Handler // nil outside local runs
	Reports   Reports      // nil where no SMS carrier reports
	// RelatedOrigins may use passkeys of this site under another name.
	RelatedOrigins []string
	Limiter        limit.Limiter
	Rates          Rates
	JWKSCache      int // seconds a backend may keep the key set
	Clock          clock.Clock
	Checks         []Check
}

// Verifier judges access tokens; it touches no database.
type Verifier interface {
	Verify(raw string) (token.Claims, error)
}

// Profiles tells what is shown of a user, without asking the database where
// nothing changed: for answers, never for decisions.
type Profiles interface {
	Get(ctx context.Context, id string) (account.Profile, error)
}

// Rates are the limits that are counted by something else than the client's
// address, inside the handlers.
type Rates struct {
	LoginIP, LoginAccount, ForgotAccount limit.Rule
}

// resources is the receiver of every handler.
type resources struct {
	Rooms
	// Refuse answers an error as a problem document, for handlers that speak HTTP
	// themselves.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
	// Problem is the document of an error, for handlers that answer a page.
	Problem func(ctx context.Context, err error) *Problem
}

// caller is who calls, on a route that demands an access token.
func caller(ctx context.Context) token.Claims {
	p, _ := PrincipalOf(ctx)
	return p.Claims
}

// take counts one use of an account by its address, before it is known whether
// the account exists.
func (h resources) take(ctx context.Context, rule limit.Rule, address string) error {
	d, err := h.Limiter.Take(ctx, rule, account.CanonicalOrRaw(address))
	if err != nil {
		return fault.Because(fault.CodeUnavailable, err)
	}
	return d.Err()
}

// me returns the caller's user; one that is gone or locked has no valid token.
func (h resources) me(ctx context.Context) (account.User, error) {
	u, err := h.Accounts.Get(ctx, caller(ctx).Subject)
	return u, present(u.Disabled(), err)
}

// present turns what was found of the caller into a refusal of their token, where
// they are gone or locked.
func present(disabled bool, err error) error {
	if fault.Of(err) == fault.CodeNotFound || err == nil && disabled {
		return fault.New(fault.CodeInvalidToken)
	}
	return err
}
