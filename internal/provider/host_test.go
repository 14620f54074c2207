package provider_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/provider"
)

// wantFault fails unless err has that code.
func wantFault(t *testing.T, what string, err error, code fault.Code) {
	t.Helper()
	if fault.Of(err) != code {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

func TestStates(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		w := provider.Wish{Provider: "alpha"}
		for _, tc := range []struct {
			name string
			try  func() error
			step string
		}{
			{"OA-01 replayed", func() error {
				trip := r.begin(w)
				if _, err := r.back("alpha", trip); err != nil {
					t.Fatal(err)
				}
				_, err := r.back("alpha", trip)
				return err
			}, "state_dead"},
			{"OA-01 from a browser without the cookie", func() error {
				trip := r.begin(w)
				trip.cookies = nil
				_, err := r.back("alpha", trip)
				return err
			}, "other_browser"},
			{"OA-01 from a browser with another passage's cookie", func() error {
				trip, other := r.begin(w), r.begin(w)
				for name := range trip.cookies {
					for _, value := range other.cookies {
						trip.cookies[name] = value
					}
				}
				_, err := r.back("alpha", trip)
				return err
			}, "other_browser"},
			{"OA-01 OA-05 at another provider", func() error {
				_, err := r.back("beta", r.begin(w))
				return err
			}, "other_provider"},
			{"OA-01 expired", func() error {
				trip := r.begin(w)
				r.clock.Advance(provider.StateLife)
				_, err := r.back("alpha", trip)
				return err
			}, "state_dead"},
			{"OA-16 no state", func() error { _, err := r.back("alpha", trip{}); return err }, "state_unknown"},
			{"OA-16 made up", func() error {
				_, err := r.back("alpha", trip{state: "spx_" + strings.Repeat("A", 43)})
				return err
			}, "state_dead"},
			{"OA-16 a one-time code in its place", func() error {
				_, err := r.back("alpha", trip{state: r.arrive(w).Code})
				return err
			}, "state_unknown"},
		} {
			t.Run(tc.name, func(t *testing.T) {
				r.outcomes()
				wantFault(t, "Callback", tc.try(), fault.CodeMalformed)
				if got := r.outcomes(); !slices.ContainsFunc(got, func(s string) bool { return strings.HasSuffix(s, " callback "+tc.step) }) {
					t.Errorf("steps: got %v, want %s", got, tc.step)
				}
			})
		}
		t.Run("another browser does not spend the state", func(t *testing.T) {
			trip := r.begin(w)
			stolen := trip
			stolen.cookies = nil
			_, err := r.back("alpha", stolen)
			wantFault(t, "Callback", err, fault.CodeMalformed)
			if _, err := r.back("alpha", trip); err != nil {
				t.Errorf("the right browser afterwards: got %v, want nil", err)
			}
		})
		t.Run("OA-14 of many callbacks with one state one goes on", func(t *testing.T) {
			trip := r.begin(w)
			var all sync.WaitGroup
			var mu sync.Mutex
			passed := 0
			for range 16 {
				all.Go(func() {
					if _, err := r.back("alpha", trip); err == nil {
						mu.Lock()
						defer mu.Unlock()
						passed++
					}
				})
			}
			all.Wait()
			if passed != 1 {
				t.Errorf("passed: got %d, want 1", passed)
			}
		})
	})
}

func TestPassagesDiffer(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		seen := map[string]bool{}
		for range 20 {
			r.begin(provider.Wish{Provider: "alpha"})
		}
		for _, p := range r.alpha.passages {
			for _, v := range []string{p.State, p.Nonce, p.Verifier, p.Challenge()} {
				if seen[v] || len(v) < 43 {
					t.Errorf("OA-01 OA-02 OA-03 value %q: came twice or has less than 256 bits", v)
				}
				seen[v] = true
			}
			if p.RedirectURI != "https://auth.example/api/v1/oauth/alpha/callback" {
				t.Errorf("OA-05 redirect: got %s", p.RedirectURI)
			}
		}
		var given provider.Passage
		r.alpha.redeem = func(p provider.Passage, _ provider.Reply) (provider.Identity, error) {
			given = p
			return r.who, nil
		}
		r.arrive(provider.Wish{Provider: "alpha"})
		if want := r.alpha.passages[len(r.alpha.passages)-1]; given != want {
			t.Errorf("the passage at the return: got %+v, want %+v", given, want)
		}
	})
}

func TestStartRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for _, tc := range []struct {
			name string
			w    provider.Wish
			code fault.Code
		}{
			{"an unknown provider", provider.Wish{Provider: "gamma"}, fault.CodeNotFound},
			{"a challenge that is too short", provider.Wish{Provider: "alpha", Challenge: "abc"}, fault.CodeInvalidRequest},
			{"a challenge with padding", provider.Wish{Provider: "alpha", Challenge: strings.Repeat("A", 42) + "="}, fault.CodeInvalidRequest},
			{"the method plain", provider.Wish{Provider: "alpha", Challenge: strings.Repeat("A", 43), Method: "plain"}, fault.CodeInvalidRequest},
			{"a ticket that is none", provider.Wish{Provider: "alpha", Ticket: "x"}, fault.CodeLinkExpired},
			{"a ticket nobody was given", provider.Wish{Provider: "alpha", Ticket: "spl_" + strings.Repeat("A", 43)}, fault.CodeLinkExpired},
		} {
			_, err := r.Start(t.Context(), tc.w)
			wantFault(t, tc.name, err, tc.code)
		}
		r.alpha.down = provider.Unavailable(errors.New("refused"))
		_, err := r.Start(t.Context(), provider.Wish{Provider: "alpha"})
		wantFault(t, "a provider that is away", err, fault.CodeUnavailable)
	})
}

func TestProviderFailures(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for _, tc := range []struct {
			name string
			id   provider.Identity
			err  error
			code fault.Code
			say  string
		}{
			{"it does not answer", provider.Identity{}, provider.Unavailable(errors.New("refused")), fault.CodeUnavailable, "does not answer"},
			{"it is too slow", provider.Identity{}, context.DeadlineExceeded, fault.CodeUnavailable, "does not answer"},
			{"its answer is not acceptable", provider.Identity{}, provider.Rejected("why"), fault.CodeForbidden, "could not be verified"},
			{"something else", provider.Identity{}, errors.New("bug"), fault.CodeForbidden, "could not be verified"},
			{"OA-06 an identity without a subject", provider.Identity{Issuer: "i"}, nil, fault.CodeForbidden, "could not be verified"},
			{"OA-06 an identity without an issuer", provider.Identity{Subject: "s"}, nil, fault.CodeForbidden, "could not be verified"},
			{"OA-06 a subject of 256 bytes", provider.Identity{Issuer: "i", Subject: strings.Repeat("s", 256)}, nil, fault.CodeForbidden, "could not be verified"},
		} {
			r.alpha.redeem = func(provider.Passage, provider.Reply) (provider.Identity, error) { return tc.id, tc.err }
			l, err := r.back("alpha", r.begin(provider.Wish{Provider: "alpha", ReturnTo: "/welcome"}))
			wantFault(t, tc.name, err, tc.code)
			var f *fault.Error
			if !errors.As(err, &f) || !strings.Contains(f.Detail, tc.say) {
				t.Errorf("%s: got detail of %v, want %q", tc.name, err, tc.say)
			}
			if l.URL != "" || l.Back != front+"/welcome" || l.Spent == "" {
				t.Errorf("%s: got %+v, want no code, the way back and the cookie to delete", tc.name, l)
			}
		}
		for _, code := range []string{"access_denied", "login_required", "server_error", "invalid_scope", strings.Repeat("x", 5000)} {
			trip := r.begin(provider.Wish{Provider: "alpha"})
			_, err := r.Callback(t.Context(), provider.Arrival{
				Provider: "alpha", State: trip.state, Error: code, Cookie: func(name string) string { return trip.cookies[name] },
			})
			wantFault(t, "the error "+code[:min(len(code), 20)], err, fault.CodeForbidden)
		}
		t.Run("OA-13 the budget is ten seconds", func(t *testing.T) {
			r.alpha.redeem = func(provider.Passage, provider.Reply) (provider.Identity, error) { return r.who, nil }
			slow := &deadline{plug: r.alpha}
			registry, err := provider.NewRegistry(slow)
			if err != nil {
				t.Fatal(err)
			}
			r.Registry = registry
			r.arrive(provider.Wish{Provider: "alpha"})
			if slow.left <= 0 || slow.left > provider.Budget {
				t.Errorf("time left in Redeem: got %v, want at most %v", slow.left, provider.Budget)
			}
		})
	})
}

// deadline is a provider that notes how long it may take.
type deadline struct {
	*plug
	left time.Duration
}

func (d *deadline) Redeem(ctx context.Context, p provider.Passage, r provider.Reply) (provider.Identity, error) {
	if at, ok := ctx.Deadline(); ok {
		d.left = time.Until(at)
	}
	return d.plug.Redeem(ctx, p, r)
}

func TestExchange(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		verifier := strings.Repeat("v", 43)
		challenge := provider.Passage{Verifier: verifier}.Challenge()
		t.Run("a code works once, for its browser, for a minute", func(t *testing.T) {
			s := r.arrive(provider.Wish{Provider: "alpha"})
			stolen := s
			stolen.Browser = ""
			_, err := r.Exchange(t.Context(), stolen)
			wantFault(t, "without the cookie", err, fault.CodeAttemptExpired)
			stolen.Browser = r.arrive(provider.Wish{Provider: "alpha"}).Browser
			_, err = r.Exchange(t.Context(), stolen)
			wantFault(t, "with another cookie", err, fault.CodeAttemptExpired)
			stolen.Browser, stolen.Verifier = "", verifier
			_, err = r.Exchange(t.Context(), stolen)
			wantFault(t, "with a verifier nobody asked for", err, fault.CodeAttemptExpired)
			if _, err = r.Exchange(t.Context(), s); err != nil {
				t.Fatalf("as it should be: got %v", err)
			}
			_, err = r.Exchange(t.Context(), s)
			wantFault(t, "again", err, fault.CodeAttemptExpired)
			late := r.arrive(provider.Wish{Provider: "alpha"})
			r.clock.Advance(provider.HandoverLife)
			_, err = r.Exchange(t.Context(), late)
			wantFault(t, "after a minute", err, fault.CodeAttemptExpired)
		})
		t.Run("a code bound by PKCE asks for its verifier", func(t *testing.T) {
			s := r.arrive(provider.Wish{Provider: "alpha", Challenge: challenge, Method: "S256"})
			if s.Browser != "" {
				t.Error("got a cookie besides the challenge, want none")
			}
			for _, v := range []string{"", challenge, verifier + "x", strings.Repeat("w", 43), strings.Repeat("v", 42)} {
				s.Verifier = v
				_, err := r.Exchange(t.Context(), s)
				wantFault(t, "verifier "+v, err, fault.CodeAttemptExpired)
			}
			s.Verifier = verifier
			if _, err := r.Exchange(t.Context(), s); err != nil {
				t.Errorf("the verifier: got %v, want nil", err)
			}
		})
		t.Run("a code that is none", func(t *testing.T) {
			for _, code := range []string{"", "x", "spo_" + strings.Repeat("A", 43), "spx_" + strings.Repeat("A", 43), r.begin(provider.Wish{Provider: "alpha"}).state} {
				_, err := r.Exchange(t.Context(), provider.Showing{Code: code})
				wantFault(t, "code "+code, err, fault.CodeAttemptExpired)
			}
		})
	})
}

func TestLinking(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		// invited goes through a link that the user asked for in that session.
		invited := func(u account.User, sessionID string) provider.Showing {
			t.Helper()
			address, err := r.Invite(t.Context(), u.ID, sessionID, provider.Wish{Provider: "alpha"})
			if err != nil {
				t.Fatal(err)
			}
			_, ticket, _ := strings.Cut(address, "?ticket=")
			return r.arrive(provider.Wish{Provider: "alpha", Ticket: ticket})
		}
		ada := r.member("ada@home.example", true)
		s1 := r.session(ada.ID)
		t.Run("OA-01 the state of a link signs nobody in", func(t *testing.T) {
			s := invited(ada, s1)
			_, err := r.Exchange(t.Context(), s)
			wantFault(t, "without a session", err, fault.CodeForbidden)
			s.UserID, s.SessionID = "another", s1
			_, err = r.Exchange(t.Context(), s)
			wantFault(t, "another user", err, fault.CodeForbidden)
			s.UserID, s.SessionID = ada.ID, "s2"
			_, err = r.Exchange(t.Context(), s)
			wantFault(t, "another session of the user", err, fault.CodeForbidden)
			s.SessionID = s1
			got, err := r.Exchange(t.Context(), s)
			if err != nil || got.Verdict != provider.Linked || !got.Linking || got.Account.UserID != ada.ID {
				t.Errorf("the session that asked: got %+v %v, want linked", got, err)
			}
		})
		t.Run("a ticket works once, and for its provider", func(t *testing.T) {
			address, err := r.Invite(t.Context(), ada.ID, s1, provider.Wish{Provider: "alpha"})
			if err != nil {
				t.Fatal(err)
			}
			_, ticket, _ := strings.Cut(address, "?ticket=")
			r.begin(provider.Wish{Provider: "alpha", Ticket: ticket})
			_, err = r.Start(t.Context(), provider.Wish{Provider: "alpha", Ticket: ticket})
			wantFault(t, "again", err, fault.CodeLinkExpired)
			address, err = r.Invite(t.Context(), ada.ID, s1, provider.Wish{Provider: "alpha"})
			if err != nil {
				t.Fatal(err)
			}
			_, ticket, _ = strings.Cut(address, "?ticket=")
			_, err = r.Start(t.Context(), provider.Wish{Provider: "beta", Ticket: ticket})
			wantFault(t, "another provider", err, fault.CodeLinkExpired)
			_, err = r.Invite(t.Context(), ada.ID, s1, provider.Wish{Provider: "gamma"})
			wantFault(t, "an unknown provider", err, fault.CodeNotFound)
		})
		t.Run("linked again is no change, and signs in", func(t *testing.T) {
			s := invited(ada, s1)
			s.UserID, s.SessionID = ada.ID, s1
			if got, err := r.Exchange(t.Context(), s); err != nil || got.Verdict != provider.Linked {
				t.Errorf("again: got %+v %v, want linked", got, err)
			}
			if got, err := r.sign(); err != nil || got.Verdict != provider.SignedIn || got.User.ID != ada.ID {
				t.Errorf("sign-in: got %+v %v, want %s signed in", got, err, ada.ID)
			}
		})
		t.Run("an identity of somebody else is a conflict", func(t *testing.T) {
			eve := r.member("eve@home.example", true)
			s := invited(eve, r.session(eve.ID))
			s.UserID, s.SessionID = eve.ID, r.session(eve.ID)
			_, err := r.Exchange(t.Context(), s)
			wantFault(t, "Exchange", err, fault.CodeConflict)
			if got, err := r.sign(); err != nil || got.User.ID != ada.ID {
				t.Errorf("afterwards: got %+v %v, want it to be ada's still", got.User, err)
			}
		})
		t.Run("two of one provider", func(t *testing.T) {
			r.who.Subject = "1002"
			s := invited(ada, s1)
			s.UserID, s.SessionID = ada.ID, s1
			if _, err := r.Exchange(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if all, err := r.List(t.Context(), ada.ID); err != nil || len(all) != 2 {
				t.Errorf("accounts: got %v %v, want two", all, err)
			}
		})
		t.Run("OA-10 unlinked, it signs in no more", func(t *testing.T) {
			all, err := r.List(t.Context(), ada.ID)
			if err != nil {
				t.Fatal(err)
			}
			wantFault(t, "another user's hand", r.Unlink(t.Context(), account.User{ID: "another"}, "s", all[0].ID), fault.CodeNotFound)
			if err := r.Unlink(t.Context(), ada, s1, all[1].ID); err != nil {
				t.Fatal(err)
			}
			if got, err := r.sign(); err != nil || got.Verdict != provider.Created {
				t.Errorf("the identity afterwards: got %+v %v, want it to be new", got, err)
			}
		})
	})
}

func TestDecisionsAreCarriedOut(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		t.Run("OA-08 both verified: linked", func(t *testing.T) {
			u := r.member("one@corp.example", true)
			r.who.Subject, r.who.Email = "2001", "One@CORP.example"
			got, err := r.sign()
			if err != nil || got.Verdict != provider.Linked || got.User.ID != u.ID || got.User.PasswordHash == "" {
				t.Errorf("got %+v %v, want %s linked, password kept", got, err, u.ID)
			}
		})
		t.Run("OA-09 never verified: linked and cleaned up", func(t *testing.T) {
			u := r.member("two@corp.example", false)
			r.who.Subject, r.who.Email = "2002", u.Email
			got, err := r.sign()
			if err != nil || got.Verdict != provider.Linked || got.User.ID != u.ID || got.User.PasswordHash != "" || !got.User.EmailVerified() {
				t.Errorf("got %+v %v, want %s linked without its password", got, err, u.ID)
			}
		})
		t.Run("OA-08 not authoritative: proof is asked for", func(t *testing.T) {
			u := r.member("three@corp.example", true)
			r.who.Subject, r.who.Email, r.who.Authoritative = "2003", u.Email, false
			got, err := r.sign()
			if err != nil || got.Verdict != provider.NeedsProof || !slices.Equal(got.Proofs, []string{"password"}) || got.User.ID != "" {
				t.Errorf("got %+v %v, want needs_proof by password and no user", got, err)
			}
			r.passkey = true
			if got, err = r.sign(); err != nil || !slices.Equal(got.Proofs, []string{"password", "passkey"}) {
				t.Errorf("with a passkey: got %v %v, want it among the proofs", got.Proofs, err)
			}
		})
		t.Run("RC-10 OA-07 not verified by the provider: as if there were no account", func(t *testing.T) {
			r.who.Subject, r.who.EmailVerified = "2004", false
			r.who.Email = "three@corp.example"
			got, err := r.sign()
			if err != nil || got.Verdict != provider.Created || got.User.ID != "" || got.User.EmailVerified() {
				t.Errorf("an address with an account: got %+v %v, want nobody who could sign in", got, err)
			}
			if _, err := r.store.OAuthAccount(t.Context(), "alpha", r.who.Issuer, "2004"); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("account: got %v, want none", err)
			}
			r.who.Subject, r.who.Email = "2005", "nobody@corp.example"
			got, err = r.sign()
			if err != nil || got.Verdict != provider.Created || got.User.EmailVerified() {
				t.Errorf("an address without one: got %+v %v, want an unverified user", got, err)
			}
		})
		t.Run("OA-12 a disabled account answers like a wrong password", func(t *testing.T) {
			u := r.member("four@corp.example", true)
			if _, _, err := r.store.DisableUser(t.Context(), sessions{r.clock.Now}.Ending(u.ID, "", "x"), trailOf(r, u)); err != nil {
				t.Fatal(err)
			}
			r.who.Subject, r.who.Email, r.who.EmailVerified, r.who.Authoritative = "2006", u.Email, true, true
			_, err := r.sign()
			wantFault(t, "Exchange", err, fault.CodeInvalidCredentials)
		})
		t.Run("no address, no account", func(t *testing.T) {
			for i, email := range []string{"", "not an address", "a@b@c"} {
				r.who.Subject, r.who.Email = fmt.Sprint("300", i), email
				_, err := r.sign()
				wantFault(t, "the address "+email, err, fault.CodeForbidden)
			}
		})
	})
}

func TestSignUpOff(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		_, err := r.sign()
		wantFault(t, "Exchange", err, fault.CodeForbidden)
		if _, err := r.store.UserByEmail(t.Context(), r.who.Email); fault.Of(err) != fault.CodeNotFound {
			t.Errorf("user: got %v, want none", err)
		}
	}, func(p *provider.Parts) { p.Rules = provider.Rules{SignUp: provider.SignUpOff} })
}

// TestOnePersonAtOnce is a double click: two codes of one new identity at the
// same instant end in one account.
func TestOnePersonAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for i := range 5 {
			r.who.Subject, r.who.Email = fmt.Sprint("400", i), fmt.Sprintf("p%d@corp.example", i)
			var codes []provider.Showing
			for range 8 {
				codes = append(codes, r.arrive(provider.Wish{Provider: "alpha"}))
			}
			var all sync.WaitGroup
			var mu sync.Mutex
			users, verdicts := map[string]bool{}, map[provider.Verdict]int{}
			for _, s := range codes {
				all.Go(func() {
					got, err := r.Exchange(t.Context(), s)
					if err != nil {
						t.Errorf("Exchange: got %v, want nil", err)
					}
					mu.Lock()
					defer mu.Unlock()
					users[got.User.ID] = true
					verdicts[got.Verdict]++
				})
			}
			all.Wait()
			if len(users) != 1 || verdicts[provider.Created] != 1 || verdicts[provider.SignedIn] != 7 {
				t.Fatalf("OA-14 got users %v, verdicts %v, want one user, created once", users, verdicts)
			}
		}
	})
}

func TestKeptTokens(t *testing.T) {
	keep := func(p *provider.Parts) { p.KeepTokens = true }
	onBoth(t, func(t *testing.T, r *rig) {
		r.who.Tokens = provider.Tokens{Access: "access-1", Refresh: "refresh-1", ExpiresAt: r.clock.Now().Add(time.Hour)}
		first, err := r.sign()
		if err != nil {
			t.Fatal(err)
		}
		ask := func() (string, error) {
			got, err := r.Token(t.Context(), first.User.ID, "alpha", "")
			if got.Refresh != "" {
				t.Error("Token handed the refresh token out")
			}
			return got.Access, err
		}
		t.Run("a fresh token is handed out as it is", func(t *testing.T) {
			if got, err := ask(); err != nil || got != "access-1" {
				t.Errorf("Token: got %q %v, want access-1", got, err)
			}
		})
		t.Run("one that is about to expire is renewed, once", func(t *testing.T) {
			r.clock.Advance(59*time.Minute + time.Second)
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if got, err := ask(); err != nil || got != "refreshed-1 of refresh-1" {
						t.Errorf("Token: got %q %v, want the renewed one", got, err)
					}
				})
			}
			all.Wait()
			if got, err := ask(); err != nil || got != "refreshed-1 of refresh-1" {
				t.Errorf("Token afterwards: got %q %v", got, err)
			}
		})
		t.Run("a sign-in without a refresh token keeps the old one", func(t *testing.T) {
			r.who.Tokens = provider.Tokens{Access: "access-2", ExpiresAt: r.clock.Now()}
			if _, err := r.sign(); err != nil {
				t.Fatal(err)
			}
			if got, err := ask(); err != nil || got != "refreshed-2 of refresh-1" {
				t.Errorf("Token: got %q %v, want it renewed with the first refresh token", got, err)
			}
		})
		t.Run("an outage changes nothing", func(t *testing.T) {
			r.clock.Advance(2 * time.Hour)
			r.alpha.refused = provider.Unavailable(errors.New("refused"))
			_, err := ask()
			wantFault(t, "Token", err, fault.CodeUnavailable)
			r.alpha.refused = nil
			if got, err := ask(); err != nil || got != "refreshed-3 of refresh-1" {
				t.Errorf("Token after the outage: got %q %v", got, err)
			}
		})
		t.Run("a withdrawn consent is forgotten", func(t *testing.T) {
			r.clock.Advance(2 * time.Hour)
			r.alpha.refused = provider.Rejected("invalid_grant")
			_, err := ask()
			wantFault(t, "Token", err, fault.CodeConflict)
			_, err = ask()
			wantFault(t, "Token again", err, fault.CodeNotFound)
			r.alpha.refused = nil
		})
		t.Run("other users, providers and accounts have none", func(t *testing.T) {
			for _, q := range [][3]string{{"another", "alpha", ""}, {first.User.ID, "beta", ""}, {first.User.ID, "alpha", "another"}} {
				_, err := r.Token(t.Context(), q[0], q[1], q[2])
				wantFault(t, fmt.Sprint(q), err, fault.CodeNotFound)
			}
		})
		t.Run("taken back when unlinked", func(t *testing.T) {
			r.who.Tokens = provider.Tokens{Access: "access-9", Refresh: "refresh-9"}
			s := r.arrive(provider.Wish{Provider: "beta", Ticket: r.ticket(first.User.ID, "beta")})
			s.UserID, s.SessionID = first.User.ID, r.session(first.User.ID)
			linked, err := r.Exchange(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Unlink(t.Context(), first.User, r.session(first.User.ID), linked.Account.ID); err != nil {
				t.Fatal(err)
			}
			if got := r.beta.revoked; len(got) != 1 || got[0].Refresh != "refresh-9" {
				t.Errorf("revoked: got %+v, want refresh-9", got)
			}
		})
	}, keep)
	t.Run("not kept unless the operator says so", func(t *testing.T) {
		onBoth(t, func(t *testing.T, r *rig) {
			r.who.Tokens = provider.Tokens{Access: "access-1", Refresh: "refresh-1"}
			got, err := r.sign()
			if err != nil || !got.Account.Tokens.Empty() {
				t.Fatalf("sign-in: got %+v %v, want no tokens", got.Account.Tokens, err)
			}
			if all, err := r.store.OAuthAccounts(t.Context(), got.User.ID); err != nil || !all[0].Tokens.Empty() {
				t.Errorf("database: got %+v %v, want no tokens", all, err)
			}
			_, err = r.Token(t.Context(), got.User.ID, "alpha", "")
			wantFault(t, "Token", err, fault.CodeNotFound)
		})
	})
}

// TestEveryDecisionIsAudited runs one sign-in after another and reads what the
// audit log says of them.
func TestEveryDecisionIsAudited(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		for range 2 { // created, signed in
			if _, err := r.sign(); err != nil {
				t.Fatal(err)
			}
		}
		r.who.Subject = "2" // another identity of that provider
		if _, err := r.sign(); err != nil {
			t.Fatal(err)
		}
		r.member("grace@corp.example", true)
		r.who.Email = "grace@corp.example"
		if _, err := r.sign(); err != nil {
			t.Fatal(err)
		}
		r.who.Subject, r.who.Email = "3", ""
		_, err := r.sign()
		wantFault(t, "no address", err, fault.CodeForbidden)
		eve := r.member("eve@corp.example", true)
		r.who.Subject = "1001"
		s := r.arrive(provider.Wish{Provider: "alpha", Ticket: r.ticket(eve.ID, "alpha")})
		s.UserID, s.SessionID = eve.ID, r.session(eve.ID)
		_, err = r.Exchange(t.Context(), s)
		wantFault(t, "somebody else's", err, fault.CodeConflict)
		_, err = r.back("alpha", trip{})
		wantFault(t, "no state", err, fault.CodeMalformed)

		want := []string{
			"user_created success created created", "user_account_linked success created created",
			"authn_factor_success success signed_in signed_in",
			"authn_login_fail failure needs_proof another_identity_of_that_provider",
			"user_account_linked success linked email_verified_by_both",
			"authn_login_fail failure refused no_email",
			"user_account_linked failure conflict identity_of_another_user",
			"sequence_fail failure  state_unknown",
		}
		if got := r.audited(); !slices.Equal(got, want) {
			t.Errorf("AU-01 OA-16 audit log:\ngot  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	})
}
