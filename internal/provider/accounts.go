package provider

import (
	"context"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
)

// List returns the user's linked accounts, oldest first, without tokens.
func (h *Host) List(ctx context.Context, userID string) ([]Account, error) {
	all, err := h.Store.OAuthAccounts(ctx, userID)
	for i := range all {
		all[i].Tokens = Tokens{}
	}
	return all, err
}

// Unlink removes a linked account, ends the user's other sessions and tells the
// user, while another way to sign in remains (OA-10); else it returns
// fault.CodeLastSignInMethod. Tokens that were kept are taken back at the
// provider where it can. The caller has demanded a fresh proof.
func (h *Host) Unlink(ctx context.Context, u account.User, sessionID, id string) error {
	a, err := h.own(ctx, u.ID, id)
	if err != nil {
		return err
	}
	ending := h.Sessions.Ending(u.ID, sessionID, "account_unlinked")
	e := h.event(ctx, audit.AccountUnlinked, audit.Success, u.ID, a.Provider)
	e.SessionID = sessionID
	defer h.Nudge()
	revs, err := h.Store.UnlinkAccount(ctx, id, h.Registry.Names(), ending, audit.Of(e).Telling(h.notice(message.AccountUnlinked, u, a.Provider)))
	if err != nil {
		return err
	}
	h.Sessions.Announce(ctx, revs...)
	h.revoke(ctx, a)
	return nil
}

// own returns one of the user's accounts or fault.CodeNotFound.
func (h *Host) own(ctx context.Context, userID, id string) (Account, error) {
	all, err := h.Store.OAuthAccounts(ctx, userID)
	if err != nil {
		return Account{}, err
	}
	for _, a := range all {
		if a.ID == id {
			return a, nil
		}
	}
	return Account{}, fault.New(fault.CodeNotFound)
}

// revoke takes kept tokens back. The account is gone by then: a provider that
// does not answer is for the log.
func (h *Host) revoke(ctx context.Context, a Account) {
	p, _ := h.Registry.Find(a.Provider)
	r, ok := p.(Revoker)
	if !ok || a.Tokens.Empty() {
		return
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), Budget)
	defer cancel()
	outcome := "ok"
	if err := r.Revoke(limited, a.Tokens); err != nil {
		outcome = "failed"
		h.Log.WarnContext(ctx, "a provider did not take its tokens back", "provider", a.Provider, "error", err)
	}
	h.Observe(a.Provider, "revoke", outcome)
}
