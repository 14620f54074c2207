package journey_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/ident"
)

// somebody is an address, and what stands behind it.
type somebody struct{ kind, email string }

// crowd is one address of every kind that an answer must not tell apart; the
// first has an account like any other.
type crowd []somebody

// newCrowd makes the accounts. Each has an address of the same length.
func (s *server) newCrowd(t *testing.T, n int) crowd {
	t.Helper()
	c := crowd{
		{"known", fmt.Sprintf("k%d@home.example", n)}, {"unknown", fmt.Sprintf("u%d@home.example", n)},
		{"disabled", fmt.Sprintf("d%d@home.example", n)}, {"without a password", fmt.Sprintf("p%d@home.example", n)},
	}
	s.member(t, c[0].email)
	s.member(t, c[2].email)
	s.disable(t, c[2].email)
	who := map[string]any{"id": 1000 + n, "login": "p", "emails": []any{map[string]any{"email": c[3].email, "primary": true, "verified": true}}}
	wantDecision(t, s.visitor(t, who).signIn("github"), 200, "created")
	return c
}

func (s *server) user(t *testing.T, email string) account.User {
	t.Helper()
	u, err := s.Store.UserByEmail(t.Context(), email)
	if err != nil {
		t.Fatalf("user %s: %v", email, err)
	}
	return u
}

func (s *server) disable(t *testing.T, email string) {
	t.Helper()
	if err := s.Accounts.Disable(t.Context(), s.user(t, email).ID, account.Operator()); err != nil {
		t.Fatalf("disable %s: %v", email, err)
	}
}

// shape is what an answer shows, in lines: status, body, headers. Of what is
// random it shows the length.
func shape(t *testing.T, a answer, random ...string) []string {
	t.Helper()
	h := maps.Clone(a.header)
	for _, name := range []string{"Date", "X-Request-Id"} {
		h[name] = []string{fmt.Sprint(len(h.Get(name)))}
	}
	if h.Get("Retry-After") != "" { // time goes by between the answers; package signin compares it
		h["Retry-After"] = []string{"some time"}
		h.Del("Content-Length")
	}
	raw, err := json.Marshal(masked(a.body, append(random, "request_id")))
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{fmt.Sprint(a.status), string(raw)}
	for name, values := range h {
		if name == "Set-Cookie" {
			t.Errorf("the answer sets a cookie: %v", values)
		}
		lines = append(lines, name+": "+strings.Join(values, "; "))
	}
	return lines
}

// masked replaces the named strings, at any depth, by their length.
func masked(in any, random []string) any {
	switch v := in.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			out[name] = masked(member, random)
			if text, ok := member.(string); ok && slices.Contains(random, name) {
				out[name] = len(text)
			}
			if name == "retry_after" {
				out[name] = "some time"
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, member := range v {
			out = append(out, masked(member, random))
		}
		return out
	default:
		return in
	}
}

// alike asks about every address and wants one answer.
func (c crowd) alike(t *testing.T, status int, ask func(email string) answer, random ...string) {
	t.Helper()
	var want []string
	for i, who := range c {
		a := ask(who.email)
		if a.status != status {
			t.Errorf("%s: got %d %v, want %d", who.kind, a.status, a.body, status)
		}
		got := shape(t, a, random...)
		if i == 0 {
			want = got
		}
		if more, less := without(got, want), without(want, got); len(more)+len(less) > 0 {
			t.Errorf("%s: got\n%s\nwant, as for %s,\n%s", who.kind, more, c[0].kind, less)
		}
	}
}

// without lists the lines of a that b lacks.
func without(a, b []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(a), func(line string) bool { return slices.Contains(b, line) }), "\n")
}

func TestAccountsAnswerAlike(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := startWithStandIns(t, databaseURL, "WEBAUTHN_RP_ID="+site.ID, "WEBAUTHN_ORIGINS="+site.Origin)
		c := s.newCrowd(t, 1)
		ask := func(path string, body map[string]any) func(string) answer {
			return func(email string) answer {
				body["email"] = email
				return s.call(t, "POST", path, "", body)
			}
		}
		for _, tt := range []struct {
			name, path string
			body       map[string]any
			status     int
		}{
			{"PW-09 a wrong password", "/api/v1/auth/login", map[string]any{"password": "not the right one at all"}, 401},
			{"PW-09 no password", "/api/v1/auth/login", map[string]any{"password": ""}, 422},
			{"PW-09 what can be no password", "/api/v1/auth/login", map[string]any{"password": "a\tb"}, 422},
			{"PW-02 PW-09 a password that is too long", "/api/v1/auth/login", map[string]any{"password": strings.Repeat("x", 1025)}, 422},
			{"RC-01 a forgotten password", "/api/v1/auth/password/forgot", map[string]any{}, 202},
			{"RC-01 a verification mail once more", "/api/v1/auth/email/resend", map[string]any{}, 202},
			{"RC-10 a registration with a weak password", "/api/v1/auth/register", map[string]any{"password": "password"}, 422},
			{"RC-10 a registration", "/api/v1/auth/register", map[string]any{"password": goodPassword}, 202},
		} {
			t.Run(tt.name, func(t *testing.T) { c.alike(t, tt.status, ask(tt.path, tt.body)) })
		}
		t.Run("PW-09 RL-10 each rests after as many failures", func(t *testing.T) {
			body := map[string]any{"password": "not the right one at all"}
			c := s.newCrowd(t, 2)
			for range 5 {
				c.alike(t, 401, ask("/api/v1/auth/login", body))
			}
			c.alike(t, 429, ask("/api/v1/auth/login", body))
		})
	})
}

func TestPasskeysAreOfferedAlike(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := startWithStandIns(t, databaseURL, "WEBAUTHN_RP_ID="+site.ID, "WEBAUTHN_ORIGINS="+site.Origin)
		c := s.newCrowd(t, 1)
		s.member(t, "holder@home.example")
		s.givePasskey(t, "holder@home.example")
		c = append(c, somebody{"with a passkey", "holder@home.example"})
		first := map[string]string{}
		for range 2 {
			c.alike(t, 200, func(email string) answer {
				a := s.call(t, "POST", "/api/v1/webauthn/login/begin", "", map[string]any{"email": email})
				options, _ := a.body["publicKey"].(map[string]any)
				listed, _ := options["allowCredentials"].([]any)
				raw, err := json.Marshal(listed)
				if err != nil {
					t.Fatal(err)
				}
				if len(listed) == 0 || first[email] != "" && first[email] != string(raw) {
					t.Errorf("WA-14 %s: got %s, want at least one passkey, and as before %s", email, raw, first[email])
				}
				first[email] = string(raw)
				options["allowCredentials"] = looks(t, listed)
				a.header.Del("Content-Length")
				return a
			}, "challenge")
		}
	})
}

// looks checks that every credential has the members of any other and leaves out
// how many there are and what they hold: that differs from person to person.
func looks(t *testing.T, listed []any) string {
	t.Helper()
	out := ""
	for _, l := range listed {
		one, _ := l.(map[string]any)
		if got := fmt.Sprint(slices.Sorted(maps.Keys(one))); out != "" && got != out {
			t.Errorf("WA-14 one passkey shows %s, another %s", out, got)
		} else {
			out = got
		}
	}
	return out
}

// givePasskey puts a passkey into the account without a ceremony.
func (s *server) givePasskey(t *testing.T, email string) {
	t.Helper()
	u, id := s.user(t, email), ident.New()
	e := audit.New(t.Context(), clock.System(), audit.FactorAdded, audit.Success, u.ID)
	err := s.Store.AddPasskey(t.Context(), factor.Passkey{
		ID: id, UserID: u.ID, Name: "phone", CredentialID: []byte(id), PublicKey: []byte{1}, Transports: []string{"internal"},
		UVInitialized: true, CreatedAt: e.At,
	}, nil, 20, nil, audit.Of(e))
	if err != nil {
		t.Fatal(err)
	}
}
