package provider

import (
	"context"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/session"
)

// Merging is the part of the store that joins two users.
type Merging interface {
	// MergeUsers moves linked accounts to the user into and deletes the one that e
	// names; fault.CodeNotFound when either is gone or locked.
	MergeUsers(ctx context.Context, into string, e session.Ending, t audit.Trail) ([]session.Revocation, error)
}

// Mergeable refuses a merge that cannot be: of an account with itself, and of an
// administrator's into another, which would take the site's administration away
// without a word.
func Mergeable(into, from account.User) error {
	switch {
	case into.ID == from.ID:
		return fault.New(fault.CodeConflict).WithDetail("Both tokens are of the same account.")
	case from.Disabled() || into.Disabled():
		return fault.New(fault.CodeInvalidToken)
	case from.IsAdmin():
		return fault.New(fault.CodeForbidden).WithDetail("An administrator's account is not merged into another; merge the other into it.")
	}
	return nil
}

// Merge moves the linked accounts of from to into and deletes from. Its address,
// password, factors and sessions go with it; into keeps its own. Both mailboxes
// are told. The caller has demanded a fresh proof of both.
func (h *Host) Merge(ctx context.Context, into, from account.User) error {
	if err := Mergeable(into, from); err != nil {
		return err
	}
	moved, err := h.Store.OAuthAccounts(ctx, from.ID)
	if err != nil {
		return err
	}
	ending := h.Sessions.Ending(from.ID, "", "merged")
	gone := audit.New(ctx, ending.At, audit.UserDeleted, audit.Success, from.ID)
	gone.Reason, gone.ActorID, gone.Details = "merged", into.ID, map[string]string{"into": into.ID}
	trail := audit.Of(gone).Telling(message.ToMail(message.AccountDeleted, from.ID, from.Email))
	for _, a := range moved {
		e := h.event(ctx, audit.AccountLinked, audit.Success, into.ID, a.Provider)
		e.Reason = "merged"
		e.Details["from"] = from.ID
		trail.Events = append(trail.Events, e)
		trail = trail.Telling(h.notice(message.AccountLinked, into, a.Provider))
	}
	defer h.Nudge()
	revs, err := h.Store.MergeUsers(ctx, into.ID, ending, trail)
	if err != nil {
		return err
	}
	h.Sessions.Announce(ctx, revs...)
	return nil
}
