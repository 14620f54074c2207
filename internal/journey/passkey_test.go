package journey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/descope/virtualwebauthn"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/storetest"
)

// site is the passkeys' site in journeys; the server itself listens on an address.
var site = virtualwebauthn.RelyingParty{ID: "example.org", Name: "Journey", Origin: "https://example.org"}

// withPasskeys are the settings of a server that has passkeys.
func withPasskeys(more ...string) []string {
	return append(append(slices.Clone(generous), "WEBAUTHN_RP_ID="+site.ID, "WEBAUTHN_ORIGINS="+site.Origin), more...)
}

// keyring is a person's authenticator with one key.
type keyring struct {
	s    *server
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func (s *server) keyring(o virtualwebauthn.AuthenticatorOptions) *keyring {
	key := virtualwebauthn.NewCredentialWithImportedKey(virtualwebauthn.KeyTypeEC2, fullKey())
	return &keyring{s: s, auth: virtualwebauthn.NewAuthenticatorWithOptions(o), key: key}
}

// fullKey returns a P-256 key in PKCS #8 neither of whose coordinates begins with
// a zero byte: virtualwebauthn leaves such bytes out, and RFC 9053 §7.1.1 has a
// key that does so refused.
func fullKey() []byte {
	for {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		point, err := k.PublicKey.Bytes()
		if err != nil {
			panic(err)
		}
		if point[1] == 0 || point[33] == 0 {
			continue
		}
		der, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			panic(err)
		}
		return der
	}
}

// options begins a ceremony and returns what the page hands to the browser.
func (k *keyring) options(t *testing.T, path, bearer string, body any) string {
	t.Helper()
	a := k.s.want(t, 200, "POST", "/api/v1/webauthn/"+path+"/begin", bearer, body)
	raw, err := json.Marshal(a.body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// create answers a registration.
func (k *keyring) create(t *testing.T, options string) json.RawMessage {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	k.auth.Options.UserHandle = []byte(o.UserID)
	return json.RawMessage(virtualwebauthn.CreateAttestationResponse(site, k.auth, k.key, *o))
}

// get answers a question for the key.
func (k *keyring) get(t *testing.T, options string) json.RawMessage {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	k.key.Counter++
	return json.RawMessage(virtualwebauthn.CreateAssertionResponse(site, k.auth, k.key, *o))
}

func credential(raw json.RawMessage) map[string]any { return map[string]any{"credential": raw} }

// register adds the key to the account of a session or sign-in.
func (k *keyring) register(t *testing.T, bearer string) answer {
	t.Helper()
	response := k.create(t, k.options(t, "register", bearer, nil))
	return k.s.want(t, 201, "POST", "/api/v1/webauthn/register/finish", bearer, map[string]any{"name": "My key", "credential": response})
}

// signIn signs in with the key; address may be empty.
func (k *keyring) signIn(t *testing.T, status int, address string) answer {
	t.Helper()
	var body any
	if address != "" {
		body = map[string]any{"email": address}
	}
	return k.s.want(t, status, "POST", "/api/v1/webauthn/login/finish", "", credential(k.get(t, k.options(t, "login", "", body))))
}

// verify answers a sign-in or a step-up with the key.
func (k *keyring) verify(t *testing.T, status int, bearer string) answer {
	t.Helper()
	return k.s.want(t, status, "POST", "/api/v1/webauthn/verify/finish", bearer, credential(k.get(t, k.options(t, "verify", bearer, nil))))
}

// claim reads a claim of the access token in an answer.
func claim(t *testing.T, a answer, name string) string {
	t.Helper()
	return fmt.Sprint(payload(t, a.text("access_token"))[name])
}

func TestPasskey(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys()...)
		const email = "ada@example.org"
		s.member(t, email)
		k := s.keyring(virtualwebauthn.AuthenticatorOptions{BackupEligible: true, BackupState: true})
		added := k.register(t, s.login(t, email).text("access_token"))
		if got, _ := added.body["backup_codes"].([]any); len(got) != 10 {
			t.Errorf("backup codes with the first factor: got %d, want 10", len(got))
		}
		if got := claim(t, added, "aal"); got != "aal2" {
			t.Errorf("the session after registering: got %s, want aal2", got)
		}
		s.mail(t, email, "factor_added")

		t.Run("without a user name", func(t *testing.T) {
			in := k.signIn(t, 200, "")
			if got := claim(t, in, "amr"); got != "[mfa swk user]" {
				t.Errorf("MF-05 amr: got %s, want [mfa swk user]", got)
			}
			if got := claim(t, in, "aal"); got != "aal2" {
				t.Errorf("MF-05 aal: got %s, want aal2", got)
			}
		})
		t.Run("with a user name", func(t *testing.T) {
			options := k.options(t, "login", "", map[string]any{"email": "ADA@example.org"})
			o, err := virtualwebauthn.ParseAssertionOptions(options)
			if err != nil || !k.key.IsAllowedForAssertion(*o) {
				t.Fatalf("got %s (%v), want the key on the list", options, err)
			}
			s.want(t, 200, "POST", "/api/v1/webauthn/login/finish", "", credential(k.get(t, options)))
		})
		t.Run("as second factor", func(t *testing.T) {
			attempt := s.login(t, email)
			if attempt.text("status") != "mfa_required" {
				t.Fatalf("got %v, want mfa_required", attempt.body)
			}
			in := k.verify(t, 200, attempt.text("mfa_token"))
			if got := claim(t, in, "amr"); got != "[mfa pwd swk user]" {
				t.Errorf("MF-05 amr: got %s, want [mfa pwd swk user]", got)
			}
		})
		t.Run("WA-13 a sign-in under way cannot add a passkey", func(t *testing.T) {
			token := s.login(t, email).text("mfa_token")
			s.want(t, 403, "POST", "/api/v1/webauthn/register/begin", token, nil)
			s.want(t, 401, "GET", "/api/v1/webauthn/credentials", token, nil)
		})
	})
}

func TestPasskeyUpkeep(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys("STEP_UP_MAX_AGE=1m")...)
		const email = "ada@example.org"
		s.member(t, email)
		k := s.keyring(virtualwebauthn.AuthenticatorOptions{})
		access := k.register(t, s.login(t, email).text("access_token")).text("access_token")
		list := s.want(t, 200, "GET", "/api/v1/webauthn/credentials", access, nil)
		all, _ := list.body["credentials"].([]any)
		if len(all) != 1 {
			t.Fatalf("got %v, want one passkey", list.body)
		}
		one, _ := all[0].(map[string]any)
		if one["name"] != "My key" || one["device_type"] != "single_device" || one["user_verification"] != true {
			t.Errorf("got %v, want My key on a single device that checks its user", one)
		}
		signal, _ := list.body["signal"].(map[string]any)
		ids, _ := signal["all_accepted_credential_ids"].([]any)
		if signal["rp_id"] != site.ID || len(ids) != 1 || ids[0] != one["credential_id"] || signal["name"] != email {
			t.Errorf("got %v, want the site, the user and the one credential", signal)
		}
		path := "/api/v1/webauthn/credentials/" + fmt.Sprint(one["id"])
		s.want(t, 204, "PATCH", path, access, map[string]any{"name": "Blue key"})
		s.want(t, 422, "PATCH", path, access, map[string]any{"name": " "})
		s.want(t, 404, "PATCH", "/api/v1/webauthn/credentials/0199a1f0-3c5e-7d10-9a55-2f1c8c0e7b11", access, map[string]any{"name": "x"})

		t.Run("WA-09 the same credential again", func(t *testing.T) {
			response := k.create(t, k.options(t, "register", access, nil))
			refused := s.want(t, 409, "POST", "/api/v1/webauthn/register/finish", access, credential(response))
			if refused.text("code") != "already_enrolled" {
				t.Errorf("got %v, want already_enrolled", refused.body)
			}
		})
		t.Run("WA-13 each change needs a proof as strong as the passkey", func(t *testing.T) {
			inbox := &codes{s: s, to: email}
			s.want(t, 202, "POST", "/api/v1/mfa/email/send", access, nil)
			s.want(t, 200, "POST", "/api/v1/mfa/email/verify", access, map[string]any{"code": inbox.next(t)})
			token := s.login(t, email).text("mfa_token")
			s.want(t, 202, "POST", "/api/v1/mfa/email/send", token, nil)
			weak := s.want(t, 200, "POST", "/api/v1/mfa/email/verify", token, map[string]any{"code": inbox.next(t)}).text("access_token")
			for _, c := range [][3]any{{"DELETE", path, nil}, {"PATCH", path, map[string]any{"name": "x"}}, {"POST", "/api/v1/webauthn/register/begin", nil}} {
				if refused := s.call(t, c[0].(string), c[1].(string), weak, c[2]); refused.text("code") != "step_up_required" {
					t.Errorf("%s %s: got %d %v, want step_up_required", c[0], c[1], refused.status, refused.body)
				}
			}
			weak = k.verify(t, 200, weak).text("access_token")
			s.want(t, 204, "PATCH", path, weak, map[string]any{"name": "Green key"})
		})
		t.Run("MF-04 removing it ends other sessions and tells the user", func(t *testing.T) {
			other := k.signIn(t, 200, "").text("access_token")
			s.want(t, 204, "DELETE", path, access, nil)
			s.mail(t, email, "factor_removed")
			s.want(t, 401, "GET", "/api/v1/me", other, nil)
			s.want(t, 404, "DELETE", path, access, nil)
			if a := s.login(t, email); strings.Contains(fmt.Sprint(a.body["methods"]), "passkey") {
				t.Errorf("got %v, want no passkey asked for", a.body)
			}
		})
		t.Run("a removed passkey is told as unknown", func(t *testing.T) {
			refused := k.signIn(t, 401, "")
			if !strings.Contains(fmt.Sprint(refused.body["fields"]), "unknown_credential") {
				t.Errorf("got %v, want the field code unknown_credential", refused.body)
			}
		})
	})
}

func TestPasskeyStepUp(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys()...)
		const email = "ada@example.org"
		s.member(t, email)
		k := s.keyring(virtualwebauthn.AuthenticatorOptions{})
		k.register(t, s.login(t, email).text("access_token"))
		access := k.signIn(t, 200, "").text("access_token")
		again := k.verify(t, 200, access)
		if got := claim(t, again, "aal"); got != "aal2" {
			t.Errorf("MF-05 aal after the step-up: got %s, want aal2", got)
		}
		t.Run("WA-01 a challenge of one session is refused in another", func(t *testing.T) {
			response := k.get(t, k.options(t, "verify", access, nil))
			second := k.signIn(t, 200, "").text("access_token")
			refused := s.want(t, 401, "POST", "/api/v1/webauthn/verify/finish", second, credential(response))
			if refused.text("code") != "challenge_expired" {
				t.Errorf("got %v, want challenge_expired", refused.body)
			}
		})
		t.Run("WA-01 a challenge of a sign-in is refused for a step-up", func(t *testing.T) {
			response := k.get(t, k.options(t, "login", "", nil))
			s.want(t, 401, "POST", "/api/v1/webauthn/verify/finish", access, credential(response))
		})
		t.Run("WA-06 a step-up without a check of the person is refused", func(t *testing.T) {
			k.auth.Options.UserNotVerified = true
			defer func() { k.auth.Options.UserNotVerified = false }()
			refused := k.verify(t, 403, access)
			if refused.text("code") != "user_verification_required" {
				t.Errorf("got %v, want user_verification_required", refused.body)
			}
		})
	})
}

func TestPasskeyWithoutUserVerification(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys()...)
		const email = "ada@example.org"
		s.member(t, email)
		k := s.keyring(virtualwebauthn.AuthenticatorOptions{UserNotVerified: true})
		added := k.register(t, s.login(t, email).text("access_token"))
		if got := claim(t, added, "amr"); got != "[hwk mfa pwd]" {
			t.Errorf("MF-05 amr: got %s, want [hwk mfa pwd]", got)
		}
		t.Run("WA-06 alone it opens nothing", func(t *testing.T) {
			if refused := k.signIn(t, 403, ""); refused.text("code") != "user_verification_required" {
				t.Errorf("got %v, want user_verification_required", refused.body)
			}
		})
		t.Run("after the password it is a second factor", func(t *testing.T) {
			in := k.verify(t, 200, s.login(t, email).text("mfa_token"))
			if got := claim(t, in, "aal"); got != "aal2" {
				t.Errorf("MF-05 aal: got %s, want aal2", got)
			}
		})
		t.Run("as first factor the second is asked", func(t *testing.T) {
			inbox := &codes{s: s, to: "+447400123456"}
			s.withPhone(t, added.text("access_token"), inbox)
			attempt := k.signIn(t, 200, "")
			if attempt.text("status") != "mfa_required" {
				t.Fatalf("got %v, want mfa_required", attempt.body)
			}
			token := attempt.text("mfa_token")
			s.want(t, 202, "POST", "/api/v1/mfa/sms/send", token, nil)
			s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", token, map[string]any{"code": inbox.next(t)})
		})
		t.Run("WA-12 its first check of a person counts only beside another factor", func(t *testing.T) {
			k.auth.Options.UserNotVerified = false
			if attempt := k.signIn(t, 200, ""); attempt.text("status") != "mfa_required" {
				t.Fatalf("checked, but not beside another factor: got %v, want mfa_required", attempt.body)
			}
			k.verify(t, 200, s.login(t, email).text("mfa_token"))
			if in := k.signIn(t, 200, ""); in.text("access_token") == "" {
				t.Errorf("after the check beside the password: got %v, want tokens", in.body)
			}
		})
	})
}

// TestPasskeyFurtherFactor is a server on which a passkey is never enough.
func TestPasskeyFurtherFactor(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys("WEBAUTHN_FURTHER_FACTOR=true")...)
		const email = "ada@example.org"
		s.member(t, email)
		k := s.keyring(virtualwebauthn.AuthenticatorOptions{})
		access := k.register(t, s.login(t, email).text("access_token")).text("access_token")
		if a := k.signIn(t, 200, ""); a.text("status") != "mfa_enrollment_required" || strings.Contains(fmt.Sprint(a.body["allowed"]), "passkey") {
			t.Errorf("MF-02 without another factor: got %v, want mfa_enrollment_required without passkey", a.body)
		}
		inbox := &codes{s: s, to: "+447400123456"}
		s.withPhone(t, access, inbox)
		a := k.signIn(t, 200, "")
		if a.text("status") != "mfa_required" {
			t.Fatalf("MF-02 with another factor: got %v, want mfa_required", a.body)
		}
		s.want(t, 202, "POST", "/api/v1/mfa/sms/send", a.text("mfa_token"), nil)
		s.want(t, 200, "POST", "/api/v1/mfa/sms/verify", a.text("mfa_token"), map[string]any{"code": inbox.next(t)})
	})
}

// TestPasskeyEnrolment is a server that demands a second factor: the first
// sign-in sets a passkey up.
func TestPasskeyEnrolment(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys("MFA_POLICY=required")...)
		const email = "ada@example.org"
		s.member(t, email)
		attempt := s.login(t, email)
		if attempt.text("status") != "mfa_enrollment_required" || !strings.Contains(fmt.Sprint(attempt.body["allowed"]), "passkey") {
			t.Fatalf("got %v, want mfa_enrollment_required with passkey", attempt.body)
		}
		k := s.keyring(virtualwebauthn.AuthenticatorOptions{})
		added := k.register(t, attempt.text("mfa_token"))
		access := added.text("access_token")
		if access == "" {
			t.Fatalf("got %v, want tokens", added.body)
		}
		cred, _ := added.body["credential"].(map[string]any)
		refused := s.want(t, 409, "DELETE", "/api/v1/webauthn/credentials/"+fmt.Sprint(cred["id"]), access, nil)
		if refused.text("code") != "last_factor" {
			t.Errorf("MF-04 the last factor while one is demanded: got %v, want last_factor", refused.body)
		}
	})
}

// TestPasskeyCounter is a key of which somebody made a copy.
func TestPasskeyCounter(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys()...)
		const email = "ada@example.org"
		s.member(t, email)
		k := s.keyring(virtualwebauthn.AuthenticatorOptions{})
		k.register(t, s.login(t, email).text("access_token"))
		k.key.Counter = 10
		k.signIn(t, 200, "")
		t.Run("WA-11 a counter that goes back is refused, and the user told", func(t *testing.T) {
			k.key.Counter = 4
			k.signIn(t, 401, "")
			s.mail(t, email, "passkey_cloned")
			k.key.Counter = 20
			k.signIn(t, 200, "")
		})
		t.Run("WA-11 a synced passkey that does not count is let in", func(t *testing.T) {
			s.member(t, "bob@example.org")
			synced := s.keyring(virtualwebauthn.AuthenticatorOptions{BackupEligible: true})
			synced.register(t, s.login(t, "bob@example.org").text("access_token"))
			for range 2 {
				synced.key.Counter = ^uint32(0) // get adds one: zero
				synced.signIn(t, 200, "")
			}
		})
	})
}

// TestPasskeyOnce is one assertion used by many at once.
func TestPasskeyOnce(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys()...)
		const email = "ada@example.org"
		s.member(t, email)
		k := s.keyring(virtualwebauthn.AuthenticatorOptions{BackupEligible: true})
		access := k.register(t, s.login(t, email).text("access_token")).text("access_token")
		response := credential(k.get(t, k.options(t, "login", "", nil)))
		var wg sync.WaitGroup
		statuses := make([]int, 16)
		for i := range statuses {
			wg.Go(func() { statuses[i] = s.call(t, "POST", "/api/v1/webauthn/login/finish", "", response).status })
		}
		wg.Wait()
		slices.Sort(statuses)
		if statuses[0] != 200 || slices.ContainsFunc(statuses[1:], func(n int) bool { return n != 401 }) {
			t.Errorf("WA-01 one assertion, used 16 times at once: got %v, want one 200 and 401s", statuses)
		}
		list := s.want(t, 200, "GET", "/api/v1/me/sessions", access, nil)
		if all, _ := list.body["sessions"].([]any); len(all) != 2 {
			t.Errorf("WA-01 sessions: got %d, want 2, one of them by the passkey", len(all))
		}
	})
}

// TestPasskeyUnknownAddress shows that login/begin does not tell who has an
// account or a passkey.
func TestPasskeyUnknownAddress(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys()...)
		s.member(t, "ada@example.org")
		k := s.keyring(virtualwebauthn.AuthenticatorOptions{})
		ask := func(address string) []string {
			o, err := virtualwebauthn.ParseAssertionOptions(k.options(t, "login", "", map[string]any{"email": address}))
			if err != nil {
				t.Fatal(err)
			}
			return o.AllowCredentials
		}
		for _, address := range []string{"nobody@example.org", "ada@example.org", "not an address"} {
			t.Run("WA-14 "+address, func(t *testing.T) {
				first := ask(address)
				if len(first) == 0 || !slices.Equal(first, ask(address)) {
					t.Errorf("got %v then %v, want the same made-up credentials", first, ask(address))
				}
			})
		}
		t.Run("WA-10 nobody's passkey answers it", func(t *testing.T) {
			k.register(t, s.login(t, "ada@example.org").text("access_token"))
			response := k.get(t, k.options(t, "login", "", map[string]any{"email": "nobody@example.org"}))
			s.want(t, 401, "POST", "/api/v1/webauthn/login/finish", "", credential(response))
		})
	})
}

// payload reads an access token's claims without judging it.
func payload(t *testing.T, access string) map[string]any {
	t.Helper()
	parts := strings.Split(access, ".")
	if len(parts) != 3 {
		t.Fatalf("got an access token of %d parts, want 3", len(parts))
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPasskeySites shows what other sites and apps are told and let do.
func TestPasskeySites(t *testing.T) {
	app := "android:apk-key-hash:" + strings.Repeat("A", 43)
	s := start(t, storetest.SQLite(t), withPasskeys(
		"WEBAUTHN_RELATED_ORIGINS=https://example.com", "WEBAUTHN_APP_ORIGINS="+app, "WEBAUTHN_RP_NAME=The Example")...)
	s.member(t, "ada@example.org")
	k := s.keyring(virtualwebauthn.AuthenticatorOptions{BackupEligible: true})
	access := k.register(t, s.login(t, "ada@example.org").text("access_token")).text("access_token")
	t.Run("the related origins", func(t *testing.T) {
		doc := s.want(t, 200, "GET", "/.well-known/webauthn", "", nil)
		if got := fmt.Sprint(doc.body["origins"]); got != "[https://example.com]" || doc.header.Get("Content-Type") != "application/json" {
			t.Errorf("got %s as %s, want https://example.com as application/json", got, doc.header.Get("Content-Type"))
		}
	})
	t.Run("the name of the site", func(t *testing.T) {
		if options := k.options(t, "register", access, nil); !strings.Contains(options, `"name":"The Example"`) {
			t.Errorf("got %s, want the name of the settings", options)
		}
	})
	for origin, status := range map[string]int{
		site.Origin: 200, "https://example.com": 200, app: 200, "https://example.net": 400, "https://sub.example.org": 400, "null": 400,
	} {
		t.Run("WA-03 "+origin, func(t *testing.T) {
			o, err := virtualwebauthn.ParseAssertionOptions(k.options(t, "login", "", nil))
			if err != nil {
				t.Fatal(err)
			}
			from := virtualwebauthn.RelyingParty{ID: site.ID, Name: site.Name, Origin: origin}
			raw := virtualwebauthn.CreateAssertionResponse(from, k.auth, k.key, *o)
			s.want(t, status, "POST", "/api/v1/webauthn/login/finish", "", credential(json.RawMessage(raw)))
		})
	}
	t.Run("WA-05 a server without a domain has no passkeys", func(t *testing.T) {
		bare := start(t, storetest.SQLite(t), generous...)
		bare.want(t, 404, "POST", "/api/v1/webauthn/login/begin", "", nil)
		bare.want(t, 404, "GET", "/.well-known/webauthn", "", nil)
	})
}

// TestPasskeyModels is a server that takes proved models only.
func TestPasskeyModels(t *testing.T) {
	const model = "WEBAUTHN_ALLOWED_AAGUIDS=ee882879-721c-4913-9775-3dfcce97072a"
	maker := httptest.NewTLSServer(nil) // for its certificate
	maker.Close()
	anchors := filepath.Join(t.TempDir(), "roots.pem")
	write := func(text []byte) {
		if err := os.WriteFile(anchors, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("WA-15 a key that proves nothing is refused", func(t *testing.T) {
		write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: maker.Certificate().Raw}))
		s := start(t, storetest.SQLite(t), withPasskeys(model, "WEBAUTHN_TRUST_ANCHORS="+anchors)...)
		s.member(t, "ada@example.org")
		k := s.keyring(virtualwebauthn.AuthenticatorOptions{})
		access := s.login(t, "ada@example.org").text("access_token")
		options := k.options(t, "register", access, nil)
		if !strings.Contains(options, `"attestation":"direct"`) {
			t.Errorf("got %s, want an attestation asked for", options)
		}
		refused := s.want(t, 403, "POST", "/api/v1/webauthn/register/finish", access, credential(k.create(t, options)))
		if refused.text("code") != "forbidden" {
			t.Errorf("got %v, want forbidden", refused.body)
		}
	})
	for name, text := range map[string]string{"an empty file": "", "a file of something else": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		t.Run("WA-15 certificates from "+name+" stop the start", func(t *testing.T) {
			write([]byte(text))
			cfg, err := config.Load([]string{
				"DATABASE_URL=sqlite:" + t.TempDir() + "/sallyport.db", "PUBLIC_URL=http://localhost:8000", "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8",
				model, "WEBAUTHN_TRUST_ANCHORS=" + anchors,
			}, "")
			if err != nil {
				t.Fatal(err)
			}
			a, err := app.Open(t.Context(), cfg, app.Options{})
			if err == nil {
				_ = a.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "WEBAUTHN_TRUST_ANCHORS") {
				t.Errorf("got %v, want the setting named", err)
			}
		})
	}
}
