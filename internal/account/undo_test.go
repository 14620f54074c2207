package account_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/apptest"
)

// TestUndoOutlivesFurtherChanges moves an account twice and asks for more, as
// whoever has taken it over might to shake its owner off. The first mailbox still
// takes it back.
func TestUndoOutlivesFurtherChanges(t *testing.T) {
	apptest.OnBoth(t, func(t *testing.T, r *apptest.Rig) {
		u := r.Member(t, email)
		confirm, _ := change(t, r, u, moved)
		if err := r.Accounts.ConfirmEmailChange(r.Ctx(), confirm.Token); err != nil {
			t.Fatal(err)
		}
		back := ""
		for _, m := range r.Mails(t) {
			if m.To == email {
				back = m.Token
			}
		}
		confirm, _ = change(t, r, again(t, r, u.ID), "third@example.org")
		if err := r.Accounts.ConfirmEmailChange(r.Ctx(), confirm.Token); err != nil {
			t.Fatal(err)
		}
		r.Member(t, "taken@example.org")
		change(t, r, again(t, r, u.ID), "taken@example.org")
		change(t, r, again(t, r, u.ID), "fourth@example.org")
		if err := r.Accounts.UndoEmailChange(r.Ctx(), back); err != nil {
			t.Fatalf("RC-07 the link of the first mailbox: got %v, want nil", err)
		}
		if got := again(t, r, u.ID); got.Email != email {
			t.Errorf("RC-07 got %s, want %s", got.Email, email)
		}
	})
}
