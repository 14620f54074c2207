package provider

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
)

// nearEnd is how long a token that is handed out still lives at least.
const nearEnd = time.Minute

// Token returns a provider's access token of a user, renewed where it is about
// to expire, for a backend that calls the provider. Of several accounts of that
// provider it is the one with that id, or the first with an empty one. Without a
// kept token it returns fault.CodeNotFound; one that cannot be renewed any more
// is forgotten, and fault.CodeConflict.
func (h *Host) Token(ctx context.Context, userID, provider, id string) (Tokens, error) {
	limited, cancel := context.WithTimeout(ctx, Budget)
	defer cancel()
	a, err := h.kept(limited, userID, provider, id)
	if err != nil {
		return Tokens{}, err
	}
	if h.fresh(a.Tokens) {
		return Tokens{Access: a.Tokens.Access, ExpiresAt: a.Tokens.ExpiresAt}, nil
	}
	// Many providers take a refresh token that is used twice for stolen, so on this
	// node one caller renews and the others find what it got.
	give, err := h.renewing.take(limited, a.ID)
	if err != nil {
		return Tokens{}, fault.Because(fault.CodeUnavailable, err)
	}
	defer give()
	if a, err = h.kept(limited, userID, provider, a.ID); err != nil {
		return Tokens{}, err
	}
	if !h.fresh(a.Tokens) {
		if a, err = h.renew(limited, a); err != nil {
			return Tokens{}, err
		}
	}
	return Tokens{Access: a.Tokens.Access, ExpiresAt: a.Tokens.ExpiresAt}, nil
}

// kept finds the account whose token is asked for.
func (h *Host) kept(ctx context.Context, userID, provider, id string) (Account, error) {
	all, err := h.Store.OAuthAccounts(ctx, userID)
	if err != nil {
		return Account{}, err
	}
	for _, a := range all {
		if a.Provider == provider && (id == "" || a.ID == id) && !a.Tokens.Empty() && h.KeepTokens {
			return a, nil
		}
	}
	return Account{}, fault.New(fault.CodeNotFound).WithDetail("No token of that provider is kept for this user.")
}

func (h *Host) fresh(t Tokens) bool {
	return t.Access != "" && (t.ExpiresAt.IsZero() || t.ExpiresAt.Sub(h.Clock()) > nearEnd)
}

// renew asks the provider for fresh tokens and stores them.
func (h *Host) renew(ctx context.Context, a Account) (Account, error) {
	p, _ := h.Registry.Find(a.Provider)
	r, ok := p.(Refresher)
	gone := fault.New(fault.CodeConflict).WithDetail("The provider's token has expired; the user has to sign in with the provider again.")
	if !ok || a.Tokens.Refresh == "" {
		return a, gone
	}
	next, err := r.Refresh(ctx, a.Tokens.Refresh)
	switch {
	case errors.Is(err, ErrRejected):
		next = Tokens{}
	case err != nil:
		h.Observe(a.Provider, "refresh", "unavailable")
		return a, fault.Because(fault.CodeUnavailable, err).WithDetail(p.About().Title + " does not answer.")
	case next.Refresh == "":
		next.Refresh = a.Tokens.Refresh
	}
	read := a.UpdatedAt
	a.Tokens, a.UpdatedAt = next, h.Clock()
	e := h.event(ctx, audit.TokenCreated, audit.Success, a.UserID, a.Provider)
	e.Reason = "provider_token_renewed"
	if next.Empty() {
		e.Name, e.Reason = audit.TokenRevoked, "provider_token_withdrawn"
	}
	touched, serr := h.Store.RenewTokens(ctx, a, read, audit.Of(e))
	switch {
	case serr != nil:
		return a, serr
	case next.Empty():
		h.Observe(a.Provider, "refresh", "rejected")
		return a, gone
	case !touched:
		return a, fault.Because(fault.CodeUnavailable, errors.New("provider: the account changed meanwhile"))
	}
	h.Observe(a.Provider, "refresh", "ok")
	return a, nil
}
