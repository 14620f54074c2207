package timing_test

import (
	"fmt"
	"testing"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/timing"
)

const password = "violet harbour lantern 88 moss"

// kind is what stands behind an address. Addresses of all kinds are equally long.
type kind struct {
	name   string
	letter rune
}

// kinds are compared with the first: an account with a password and a passkey.
func kinds() []kind {
	return []kind{{"known", 'k'}, {timing.Control, 'c'}, {"unknown", 'u'}, {"disabled", 'd'}, {"without a password", 'p'}, {"never verified", 'n'}}
}

// email is the nth address of its kind.
func (k kind) email(n int) string { return fmt.Sprintf("%c%05d@home.example", k.letter, n) }

// stranger is an address that nobody has asked about yet.
func (b *bench) stranger() string {
	b.strange++
	return kind{letter: 's'}.email(b.strange)
}

// populate adds that many accounts of every kind.
func (b *bench) populate(t *testing.T, count int) {
	t.Helper()
	first, err := b.Accounts.Add(t.Context(), account.Registration{Email: "first@home.example", Password: password}, account.Member, account.Operator())
	if err != nil {
		t.Fatal(err)
	}
	for n := range count {
		for _, k := range kinds() {
			if err := b.add(t, k, n, first.PasswordHash); err != nil {
				t.Fatalf("adding %s: %v", k.email(n), err)
			}
		}
	}
}

// add makes the nth account of a kind, whose password has that hash.
func (b *bench) add(t *testing.T, k kind, n int, hash string) error {
	t.Helper()
	if k.name == "unknown" {
		return nil
	}
	a, err := account.ParseAddress(k.email(n))
	if err != nil {
		return err
	}
	if k.name == "without a password" {
		hash = ""
	}
	now := clock.System()
	u := account.NewUser(a, "", account.Member, hash, now)
	if k.name != "never verified" {
		u.EmailVerifiedAt = now
	}
	trail := func(name audit.Name) audit.Trail {
		return audit.Of(audit.New(t.Context(), now, name, audit.Success, u.ID))
	}
	if k.name == "without a password" {
		return b.linked(t, u, trail(audit.UserCreated))
	}
	if err := b.Store.CreateUser(t.Context(), u, nil, trail(audit.UserCreated)); err != nil {
		return err
	}
	switch k.name {
	case "known", timing.Control:
		return b.Store.AddPasskey(t.Context(), factor.Passkey{
			ID: ident.New(), UserID: u.ID, Name: "phone", CredentialID: []byte(ident.New())[4:], PublicKey: []byte{1},
			Transports: []string{"hybrid", "internal"}, UVInitialized: true, CreatedAt: now,
		}, nil, 20, nil, trail(audit.FactorAdded))
	case "disabled":
		return b.Accounts.Disable(t.Context(), u.ID, account.Operator())
	}
	return nil
}

// linked adds a user who signs in with a provider and has no password.
func (b *bench) linked(t *testing.T, u account.User, e audit.Trail) error {
	t.Helper()
	code := onetime.Token{Kind: onetime.Handover, Hash: []byte(u.ID), CreatedAt: u.CreatedAt, ExpiresAt: u.CreatedAt.Add(provider.HandoverLife)}
	if err := b.Store.IssueOneTime(t.Context(), code, audit.Trail{}); err != nil {
		return err
	}
	_, err := b.Store.SignUpWithProvider(t.Context(), code.Hash, u, provider.Account{
		ID: ident.New(), UserID: u.ID, Provider: "github", Subject: u.ID, Email: u.Email, EmailVerified: true,
		CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
	}, nil, e)
	return err
}
