package provider_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/provider"
)

var someTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func user(id string, change ...func(*account.User)) *account.User {
	u := &account.User{ID: id, Email: "ada@corp.example", Canonical: "ada@corp.example", EmailVerifiedAt: someTime}
	for _, f := range change {
		f(u)
	}
	return u
}

func unverified(u *account.User) { u.EmailVerifiedAt = time.Time{} }
func disabled(u *account.User)   { u.DisabledAt = someTime }

// TestDecide is the table of docs/oauth.md.
func TestDecide(t *testing.T) {
	address := account.Address{Display: "ada@corp.example", Canonical: "ada@corp.example"}
	identity := func(verified, authoritative bool) provider.Identity {
		return provider.Identity{Issuer: "i", Subject: "s", Email: address.Display, EmailVerified: verified, Authoritative: authoritative}
	}
	open := provider.Rules{SignUp: provider.SignUpOpen}
	domains := provider.Rules{SignUp: provider.SignUpDomains, Domains: []string{"corp.example"}}
	for _, tc := range []struct {
		name    string
		rules   provider.Rules
		facts   provider.Facts
		verdict provider.Verdict
		reason  string
		user    string
		cleanUp bool
	}{
		{"OA-06 a known identity belongs to its user", open, provider.Facts{Identity: identity(true, true), Address: address, Owner: user("u1")}, provider.SignedIn, "", "u1", false},
		{"OA-06 even where its address is another user's", open, provider.Facts{Identity: identity(true, true), Address: address, Owner: user("u1"), Namesake: user("u2")}, provider.SignedIn, "", "u1", false},
		{"OA-06 even where new accounts are off", provider.Rules{SignUp: provider.SignUpOff}, provider.Facts{Identity: identity(false, false), Owner: user("u1")}, provider.SignedIn, "", "u1", false},

		{"OA-08 both verified and authoritative", open, provider.Facts{Identity: identity(true, true), Address: address, Namesake: user("u1")}, provider.Linked, provider.ReasonVerified, "u1", false},
		{"OA-08 not verified by the provider", open, provider.Facts{Identity: identity(false, false), Address: address, Namesake: user("u1")}, provider.NeedsProof, provider.ReasonUnverified, "u1", false},
		{"OA-08 authoritative but not verified", open, provider.Facts{Identity: identity(false, true), Address: address, Namesake: user("u1")}, provider.NeedsProof, provider.ReasonUnverified, "u1", false},
		{"OA-08 verified but not authoritative", open, provider.Facts{Identity: identity(true, false), Address: address, Namesake: user("u1")}, provider.NeedsProof, provider.ReasonForeignDomain, "u1", false},
		{"OA-08 another identity of that provider is linked", open, provider.Facts{Identity: identity(true, true), Address: address, Namesake: user("u1"), NamesakeLinked: true}, provider.NeedsProof, provider.ReasonSecond, "u1", false},
		{"OA-09 the account was never verified", open, provider.Facts{Identity: identity(true, true), Address: address, Namesake: user("u1", unverified)}, provider.Linked, provider.ReasonNeverVerified, "u1", true},
		{"OA-09 a link of an account never verified does not stand in the way", open, provider.Facts{Identity: identity(true, true), Address: address, Namesake: user("u1", unverified), NamesakeLinked: true}, provider.Linked, provider.ReasonNeverVerified, "u1", true},
		{"OA-09 not on the word of a provider that is not authoritative", open, provider.Facts{Identity: identity(true, false), Address: address, Namesake: user("u1", unverified)}, provider.NeedsProof, provider.ReasonForeignDomain, "u1", false},
		{"OA-09 nor on an unverified address", open, provider.Facts{Identity: identity(false, false), Address: address, Namesake: user("u1", unverified)}, provider.NeedsProof, provider.ReasonUnverified, "u1", false},
		{"OA-12 a disabled account is not linked", open, provider.Facts{Identity: identity(true, true), Address: address, Namesake: user("u1", disabled)}, provider.Refused, provider.ReasonDisabled, "u1", false},
		{"OA-08 RC-10 a disabled account is like any to whoever has shown no mailbox", open, provider.Facts{Identity: identity(false, true), Address: address, Namesake: user("u1", disabled)}, provider.NeedsProof, provider.ReasonUnverified, "u1", false},

		{"a new address", open, provider.Facts{Identity: identity(true, true), Address: address}, provider.Created, "", "", false},
		{"a new address the provider has not verified", open, provider.Facts{Identity: identity(false, false), Address: address}, provider.Created, "", "", false},
		{"no address", open, provider.Facts{Identity: provider.Identity{Issuer: "i", Subject: "s"}}, provider.Refused, provider.ReasonNoEmail, "", false},
		{"sign-up off", provider.Rules{SignUp: provider.SignUpOff}, provider.Facts{Identity: identity(true, true), Address: address}, provider.Refused, provider.ReasonSignUpOff, "", false},
		{"no policy is off", provider.Rules{}, provider.Facts{Identity: identity(true, true), Address: address}, provider.Refused, provider.ReasonSignUpOff, "", false},
		{"an allowed domain", domains, provider.Facts{Identity: identity(true, false), Address: address}, provider.Created, "", "", false},
		{"an allowed domain, not verified", domains, provider.Facts{Identity: identity(false, false), Address: address}, provider.Refused, provider.ReasonUnverified, "", false},
		{"another domain", domains, provider.Facts{Identity: identity(true, true), Address: account.Address{Display: "a@x.example", Canonical: "a@x.example"}}, provider.Refused, provider.ReasonDomain, "", false},
		{"a domain below an allowed one", domains, provider.Facts{Identity: identity(true, true), Address: account.Address{Display: "a@x.corp.example", Canonical: "a@x.corp.example"}}, provider.Refused, provider.ReasonDomain, "", false},

		{"asked for, a new identity", open, provider.Facts{Identity: identity(false, false), Address: address, Linker: user("u1")}, provider.Linked, "", "u1", false},
		{"asked for, whoever has the address", open, provider.Facts{Identity: identity(true, true), Address: address, Linker: user("u1"), Namesake: user("u2")}, provider.Linked, "", "u1", false},
		{"asked for, without an address, with sign-up off", provider.Rules{}, provider.Facts{Identity: provider.Identity{Issuer: "i", Subject: "s"}, Linker: user("u1")}, provider.Linked, "", "u1", false},
		{"asked for, linked already", open, provider.Facts{Identity: identity(true, true), Address: address, Linker: user("u1"), Owner: user("u1")}, provider.Linked, provider.ReasonAlready, "u1", false},
		{"asked for, somebody else's", open, provider.Facts{Identity: identity(true, true), Address: address, Linker: user("u1"), Owner: user("u2")}, provider.Conflict, provider.ReasonOtherUser, "u1", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := provider.Decide(tc.rules, tc.facts)
			id := ""
			if d.User != nil {
				id = d.User.ID
			}
			if d.Verdict != tc.verdict || d.Reason != tc.reason || id != tc.user || d.CleanUp != tc.cleanUp {
				t.Errorf("Decide: got %s %q user %q clean-up %v, want %s %q user %q clean-up %v",
					d.Verdict, d.Reason, id, d.CleanUp, tc.verdict, tc.reason, tc.user, tc.cleanUp)
			}
		})
	}
}
