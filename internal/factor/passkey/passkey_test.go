package passkey_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/passkey"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
)

// challenge is what every ceremony of these tests asks.
var challenge = bytes.Repeat([]byte{7}, 32)

// add registers a device with the user.
func (r *rig) add(d *device) factor.Passkey {
	r.Helper()
	p, err := r.register(challenge, d.create(r, challenge))
	if err != nil {
		r.Fatal(err)
	}
	return p
}

func TestRegistrationRefusals(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*device)
		reason string
	}{
		{"WA-02 the type of an assertion", func(d *device) { d.client["type"] = "webauthn.get" }, "type"},
		{"WA-02 no type", func(d *device) { d.client["type"] = "" }, "type"},
		{"WA-02 a type in capitals", func(d *device) { d.client["type"] = "WEBAUTHN.CREATE" }, "type"},
		{"WA-03 another site", func(d *device) { d.client["origin"] = "https://example.org.evil" }, "origin"},
		{"WA-03 plain http", func(d *device) { d.client["origin"] = "http://example.org" }, "origin"},
		{"WA-03 another port", func(d *device) { d.client["origin"] = "https://example.org:8443" }, "origin"},
		{"WA-03 the default port spelled out", func(d *device) { d.client["origin"] = "https://example.org:443" }, "origin"},
		{"WA-03 a trailing dot", func(d *device) { d.client["origin"] = "https://example.org." }, "origin"},
		{"WA-03 a trailing slash", func(d *device) { d.client["origin"] = "https://example.org/" }, "origin"},
		{"WA-03 capitals", func(d *device) { d.client["origin"] = "https://EXAMPLE.org" }, "origin"},
		{"WA-03 a name in front", func(d *device) { d.client["origin"] = "https://example.org@evil.test" }, "origin"},
		{"WA-03 an app nobody listed", func(d *device) { d.client["origin"] = "android:apk-key-hash:" + b64(make([]byte, 32)) }, "origin"},
		{"WA-03 null", func(d *device) { d.client["origin"] = "null" }, "origin"},
		{"WA-04 embedded in a foreign page", func(d *device) { d.client["crossOrigin"] = true }, "cross_origin"},
		{"WA-04 a page around it is named", func(d *device) { d.client["topOrigin"] = "https://example.org" }, "cross_origin"},
		{"WA-04 a page without a name around it", func(d *device) { d.client["topOrigin"] = "" }, "cross_origin"},
		{"WA-05 another RP ID", func(d *device) { d.site = "auth.example.org" }, "rp_id"},
		{"WA-06 nobody touched it", func(d *device) { d.flags = uv }, "user_presence"},
		{"WA-07 backed up but not eligible", func(d *device) { d.flags = up | bs }, "backup_flags"},
		{"WA-08 Ed448", func(d *device) {
			d.cose = append([]byte{0xa4, 1, 1, 3, 0x27, 0x20, 7, 0x21, 0x58, 57}, make([]byte, 57)...)
		}, "public_key"},
		{"WA-08 an algorithm nobody offered", func(d *device) { d.cose = []byte{0xa2, 1, 2, 3, 0x38, 0x2e} }, "public_key"},
		{"WA-08 a good key of an algorithm nobody offered", func(d *device) {
			n := append([]byte{0xa4, 1, 3, 3, 0x38, 0x24, 0x20, 0x59, 1, 0}, bytes.Repeat([]byte{0xc5}, 256)...)
			d.cose = append(n, 0x21, 0x43, 1, 0, 1)
		}, "attestation"},
		{"WA-08 a symmetric key", func(d *device) { d.cose = []byte{0xa3, 1, 4, 3, 5, 0x20, 0x41, 0} }, "public_key"},
		{"WA-08 an RSA key of 1024 bits", func(d *device) { d.cose = rsaKey(128, 1, 0, 1) }, "public_key"},
		{"WA-08 an RSA key that takes seconds to verify", func(d *device) { d.cose = rsaKey(40_000, 1, 0, 1) }, "public_key"},
		{"WA-08 an RSA key with exponent 1", func(d *device) { d.cose = rsaKey(256, 1) }, "public_key"},
		{"WA-09 an empty credential id", func(d *device) { d.id = nil }, "unreadable"},
		{"WA-09 a credential id of 1024 bytes", func(d *device) { d.id = make([]byte, 1024) }, "credential_id"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t)
			_, err := r.register(challenge, newDevice(t).with(tc.change).create(t, challenge))
			why, code := reason(t, err)
			if why != tc.reason && !(tc.reason == "credential_id" && why == "unreadable") || code != fault.CodeMalformed {
				t.Errorf("got %q %s, want %q %s", why, code, tc.reason, fault.CodeMalformed)
			}
		})
	}
	t.Run("WA-08 an RSA key of 2048 bits is taken", func(t *testing.T) {
		newRig(t).add(newDevice(t).with(func(d *device) { d.cose = rsaKey(256, 1, 0, 1) }))
	})
	t.Run("WA-09 a credential id of 1023 bytes is taken", func(t *testing.T) {
		newRig(t).add(newDevice(t).with(func(d *device) { d.id = make([]byte, 1023) }))
	})
	t.Run("WA-03 an app that is listed", func(t *testing.T) {
		app := "android:apk-key-hash:" + b64(make([]byte, 32))
		r := newRig(t, func(s *passkey.Settings) { s.Apps = []string{app} })
		r.add(newDevice(t).with(func(d *device) { d.client["origin"] = app }))
	})
}

func TestAssertionRefusals(t *testing.T) {
	const invalid, malformed = fault.CodeInvalidCredentials, fault.CodeMalformed
	for _, tc := range []struct {
		name   string
		change func(*device)
		reason string
		code   fault.Code
	}{
		{"WA-02 the type of a registration", func(d *device) { d.client["type"] = "webauthn.create" }, "type", malformed},
		{"WA-03 another site", func(d *device) { d.client["origin"] = "https://example.org.evil" }, "origin", malformed},
		{"WA-03 plain http", func(d *device) { d.client["origin"] = "http://example.org" }, "origin", malformed},
		{"WA-04 embedded in a foreign page", func(d *device) { d.client["crossOrigin"] = true }, "cross_origin", malformed},
		{"WA-04 a page around it is named", func(d *device) { d.client["topOrigin"] = "https://example.org" }, "cross_origin", malformed},
		{"WA-05 another RP ID", func(d *device) { d.site = "evil.test" }, "rp_id", malformed},
		{"WA-06 nobody touched it", func(d *device) { d.flags = uv }, "user_presence", malformed},
		{"WA-07 backed up but not eligible", func(d *device) { d.flags = up | uv | bs }, "backup_flags", malformed},
		{"WA-07 eligible all of a sudden", func(d *device) { d.flags = up | uv | be }, "backup_flags", malformed},
		{"WA-10 no user handle where nobody was asked", func(d *device) { d.handle = nil }, "user_handle", malformed},
		{"WA-10 somebody else's user handle", func(d *device) { d.handle = make([]byte, 64) }, "user_handle", invalid},
		{"WA-10 a credential nobody has", func(d *device) { d.id = []byte("nobody's") }, "unknown_credential", invalid},
		{"another key behind the same id", func(d *device) { d.key = newDevice(t).key }, "signature", invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, d := newRig(t), newDevice(t)
			r.add(d)
			d.handle = r.user.Handle
			if _, err := r.signIn(challenge, d.get(t, challenge)); err != nil {
				t.Fatalf("unchanged: got %v, want it accepted", err)
			}
			_, err := r.signIn(challenge, d.with(tc.change).get(t, challenge))
			if why, code := reason(t, err); why != tc.reason || code != tc.code {
				t.Errorf("got %q %s, want %q %s", why, code, tc.reason, tc.code)
			}
			if r.seen["login "+tc.reason] != 1 || r.seen["login success"] != 1 {
				t.Errorf("counted: got %v, want one success and one %s", r.seen, tc.reason)
			}
		})
	}
}

// TestUnfitStoredKey is a row from before keys were held to these bounds: nothing
// is computed with it.
func TestUnfitStoredKey(t *testing.T) {
	r, d := newRig(t), newDevice(t)
	r.add(d)
	d.handle = r.user.Handle
	r.book.keys[0].PublicKey = rsaKey(40_000, 1, 0, 1)
	_, err := r.signIn(challenge, d.get(t, challenge))
	if why, code := reason(t, err); why != "public_key" || code != fault.CodeInvalidCredentials {
		t.Errorf("WA-08 got %q %s, want public_key %s", why, code, fault.CodeInvalidCredentials)
	}
}

func TestChallenges(t *testing.T) {
	r, d := newRig(t), newDevice(t)
	r.add(d)
	d.handle = r.user.Handle
	ask := func(s factor.Subject) []byte {
		c := []byte(rand.Text() + rand.Text())[:32]
		r.SetChallenge(c)
		if _, err := r.BeginVerify(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		return c
	}
	mine := r.subject()
	for _, tc := range []struct {
		name   string
		asked  factor.Subject
		answer factor.Subject
		after  time.Duration
		reason string
	}{
		{"WA-01 in time", mine, mine, passkey.Life - time.Microsecond, ""},
		{"WA-01 too late", mine, mine, passkey.Life, "no_challenge"},
		{"WA-01 in another session", mine, factor.Subject{UserID: r.user.ID, SessionID: "another"}, 0, "other_session"},
		{"WA-01 in a sign-in", mine, factor.Subject{UserID: r.user.ID, AttemptID: []byte("one")}, 0, "other_session"},
		{"WA-01 in another sign-in", factor.Subject{UserID: r.user.ID, AttemptID: []byte("one")}, factor.Subject{UserID: r.user.ID, AttemptID: []byte("two")}, 0, "other_session"},
		{"WA-01 by another user", mine, factor.Subject{UserID: "somebody", SessionID: mine.SessionID}, 0, "other_user"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := ask(tc.asked)
			r.clock.Advance(tc.after)
			_, err := r.Check(t.Context(), tc.answer, string(d.get(t, c)))
			if why, code := reason(t, err); why != tc.reason || err != nil && code != fault.CodeChallengeExpired {
				t.Errorf("got %q %s, want %q", why, code, tc.reason)
			}
		})
	}
	t.Run("WA-01 a second answer to the same challenge", func(t *testing.T) {
		c := ask(mine)
		answer := string(d.get(t, c))
		if _, err := r.Check(t.Context(), mine, answer); err != nil {
			t.Fatal(err)
		}
		if why, _ := reason(t, func() error { _, err := r.Check(t.Context(), mine, answer); return err }()); why != "no_challenge" {
			t.Errorf("got %q, want no_challenge", why)
		}
	})
	t.Run("WA-01 a wrong answer spends the challenge too", func(t *testing.T) {
		c := ask(mine)
		wrong := d.with(func(d *device) { d.flags = 0 })
		_, _ = r.Check(t.Context(), mine, string(wrong.get(t, c)))
		if why, _ := reason(t, func() error { _, err := r.Check(t.Context(), mine, string(d.get(t, c))); return err }()); why != "no_challenge" {
			t.Errorf("got %q, want no_challenge", why)
		}
	})
	t.Run("WA-01 the challenge of another ceremony", func(t *testing.T) {
		c := ask(mine)
		_, _, err := r.FinishLogin(t.Context(), d.get(t, c))
		if why, _ := reason(t, err); why != "other_ceremony" {
			t.Errorf("got %q, want other_ceremony", why)
		}
	})
	t.Run("WA-01 32 random bytes, never twice", func(t *testing.T) {
		fresh := newRig(t)
		seen := map[string]bool{}
		for range 64 {
			options := fields(t, func() (any, error) { return fresh.BeginLogin(t.Context(), "") })
			c, _ := options["challenge"].(string)
			if seen[c] || len(c) != 43 {
				t.Fatalf("got the challenge %q, want 32 bytes that are new", c)
			}
			seen[c] = true
		}
	})
}

// fields are the options of a ceremony as the page gets them.
func fields(t *testing.T, begin func() (any, error)) map[string]any {
	t.Helper()
	options, err := begin()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOptions(t *testing.T) {
	r, d := newRig(t), newDevice(t)
	begin := func() map[string]any {
		return fields(t, func() (any, error) { return r.BeginRegistration(t.Context(), r.subject(), r.user) })
	}
	o := begin()
	t.Run("what a registration asks for", func(t *testing.T) {
		want := map[string]string{
			"rp": "map[id:example.org name:Example]", "attestation": "none",
			"pubKeyCredParams": "[map[alg:-8 type:public-key] map[alg:-7 type:public-key] map[alg:-35 type:public-key] map[alg:-36 type:public-key] map[alg:-257 type:public-key]]",
			"timeout":          "300000",
		}
		for name, w := range want {
			if got := fmt.Sprint(o[name]); got != w {
				t.Errorf("%s: got %s, want %s", name, got, w)
			}
		}
	})
	t.Run("WA-14 the user handle says nothing about the person", func(t *testing.T) {
		user, _ := o["user"].(map[string]any)
		if user["id"] != b64(r.user.Handle) || len(r.user.Handle) != 64 || strings.Contains(fmt.Sprint(user["id"]), r.user.ID) {
			t.Errorf("got %v, want 64 random bytes", user)
		}
	})
	t.Run("keys that are there are not made again", func(t *testing.T) {
		p := r.add(d)
		if got := fmt.Sprint(begin()["excludeCredentials"]); !strings.Contains(got, b64(p.CredentialID)) {
			t.Errorf("got %s, want the key excluded", got)
		}
	})
	verification := func(s factor.Subject) string {
		return fmt.Sprint(fields(t, func() (any, error) { return r.BeginVerify(t.Context(), s) })["userVerification"])
	}
	t.Run("WA-06 a step-up demands a check of the person, a sign-in prefers it", func(t *testing.T) {
		if got := verification(r.subject()); got != "required" {
			t.Errorf("step-up: got %s, want required", got)
		}
		if got := verification(factor.Subject{UserID: r.user.ID, AttemptID: []byte("one")}); got != "preferred" {
			t.Errorf("sign-in: got %s, want preferred", got)
		}
		r.add(newDevice(t).with(func(d *device) { d.flags = up }))
		if got := verification(r.subject()); got != "preferred" {
			t.Errorf("step-up beside a key that cannot: got %s, want preferred", got)
		}
	})
	t.Run("WA-05 without a domain there are no ceremonies", func(t *testing.T) {
		for _, id := range []string{"192.0.2.7", "https://example.org", "example.org:8443"} {
			if _, err := passkey.New(passkey.Settings{RPID: id, RPName: "x", Origins: []string{"https://example.org"}}, passkey.Parts{}); err == nil {
				t.Errorf("RP ID %q: got it accepted, want it refused", id)
			}
		}
	})
}

func TestUnknownAddress(t *testing.T) {
	r := newRig(t)
	ask := func(address string) []any {
		list, _ := fields(t, func() (any, error) { return r.BeginLogin(t.Context(), address) })["allowCredentials"].([]any)
		return list
	}
	t.Run("WA-14 a made-up answer is stable", func(t *testing.T) {
		for _, address := range []string{"nobody@example.org", "ada@example.org", "ADA@EXAMPLE.ORG"} {
			if a, b := ask(address), ask(address); len(a) == 0 || fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("%s: got %v then %v, want the same twice", address, a, b)
			}
		}
		if fmt.Sprint(ask("ada@example.org")) != fmt.Sprint(ask("ADA@EXAMPLE.ORG")) {
			t.Error("got another answer for another spelling, want the same")
		}
	})
	t.Run("WA-14 made-up answers differ among people", func(t *testing.T) {
		seen := map[string]bool{}
		for i := range 50 {
			seen[fmt.Sprint(ask(fmt.Sprintf("nobody%d@example.org", i)))] = true
		}
		if len(seen) != 50 {
			t.Errorf("got %d different answers for 50 addresses, want 50", len(seen))
		}
	})
	t.Run("WA-14 a disabled account answers like an unknown one", func(t *testing.T) {
		r.add(newDevice(t))
		before := ask("ada@example.org")
		r.book.users[0].DisabledAt = noon
		if after := ask("ada@example.org"); fmt.Sprint(before) == fmt.Sprint(after) || len(after) == 0 {
			t.Errorf("got %v, want made-up credentials", after)
		}
	})
	t.Run("WA-10 a real passkey does not answer a made-up question", func(t *testing.T) {
		r, d := newRig(t), newDevice(t)
		r.add(d)
		r.SetChallenge(challenge)
		if _, err := r.BeginLogin(t.Context(), "nobody@example.org"); err != nil {
			t.Fatal(err)
		}
		d.handle = r.user.Handle
		_, _, err := r.FinishLogin(t.Context(), d.get(t, challenge))
		if why, code := reason(t, err); why != "other_user" || code != fault.CodeInvalidCredentials {
			t.Errorf("got %q %s, want other_user", why, code)
		}
	})
	t.Run("WA-10 a key that was not on the list", func(t *testing.T) {
		r, d, late := newRig(t), newDevice(t), newDevice(t)
		r.add(d)
		question := bytes.Repeat([]byte{9}, 32)
		r.SetChallenge(question)
		if _, err := r.BeginLogin(t.Context(), "ada@example.org"); err != nil {
			t.Fatal(err)
		}
		r.add(late)
		_, _, err := r.FinishLogin(t.Context(), late.get(t, question))
		if why, _ := reason(t, err); why != "assertion" {
			t.Errorf("got %q, want assertion", why)
		}
	})
}

func TestUserVerification(t *testing.T) {
	password := proof.Proof{Method: proof.Password}
	mail := proof.Proof{Method: proof.Email, Mailbox: true}
	for _, tc := range []struct {
		name     string
		enrolled byte // flags of the registration
		flags    byte // flags of the assertion
		proofs   []proof.Proof
		verified bool
		after    bool // whether checks count from then on
	}{
		{"a check counts where one was made at registration", up | uv, up | uv, nil, true, true},
		{"no check, no two factors", up | uv, up, []proof.Proof{password}, false, true},
		{"WA-12 a first check alone does not count", up, up | uv, nil, false, false},
		{"WA-12 a first check beside a password counts from now on", up, up | uv, []proof.Proof{password}, true, true},
		{"WA-12 a first check beside a mailed code does not count", up, up | uv, []proof.Proof{mail}, false, false},
		{"WA-12 a first check beside another passkey does not count", up, up | uv, []proof.Proof{{Method: proof.Passkey, UserVerified: true}}, false, false},
		{"WA-12 no check beside a password", up, up, []proof.Proof{password}, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t)
			d := newDevice(t).with(func(d *device) { d.flags = tc.enrolled })
			r.add(d)
			d.flags = tc.flags
			s := factor.Subject{UserID: r.user.ID, AttemptID: []byte("one"), Proofs: tc.proofs}
			if _, err := r.BeginVerify(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			p, err := r.Check(t.Context(), s, string(d.get(t, challenge)))
			if err != nil || p.UserVerified != tc.verified || p.Method != proof.Passkey || !p.DeviceBound {
				t.Errorf("got %+v, %v, want verified %v", p, err, tc.verified)
			}
			if got := r.book.keys[0].UVInitialized; got != tc.after {
				t.Errorf("initialised: got %v, want %v", got, tc.after)
			}
		})
	}
}

func TestCopiedKey(t *testing.T) {
	r, d := newRig(t), newDevice(t)
	d.count = 5
	r.add(d)
	d.handle = r.user.Handle
	_, err := r.signIn(challenge, d.get(t, challenge))
	if why, code := reason(t, err); why != "counter" || code != fault.CodeInvalidCredentials {
		t.Fatalf("WA-11 got %q %s, want counter", why, code)
	}
	if len(r.book.trails) != 1 || r.book.trails[0].Events[0].Reason != "counter_not_risen" ||
		len(r.book.trails[0].Messages) != 1 || r.book.trails[0].Messages[0].Kind != message.PasskeyCloned {
		t.Errorf("WA-11 got %+v, want the event and the message to the user", r.book.trails)
	}
}

// TestBrokenDatabase shows that nothing is decided while the database does not
// answer (OP-09).
func TestBrokenDatabase(t *testing.T) {
	r, d := newRig(t), newDevice(t)
	r.add(d)
	d.handle = r.user.Handle
	if _, err := r.BeginLogin(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	r.book.broken = errors.New("the database is away")
	userID, p, err := r.FinishLogin(t.Context(), d.get(t, challenge))
	if !errors.Is(err, r.book.broken) || errors.Is(err, factor.ErrWrong) || p.Method != "" || userID != "" {
		t.Errorf("OP-09 got %q, %+v, %v, want the error and nothing else", userID, p, err)
	}
	for name, begin := range map[string]func() (any, error){
		"login":    func() (any, error) { return r.BeginLogin(t.Context(), "ada@example.org") },
		"verify":   func() (any, error) { return r.BeginVerify(t.Context(), r.subject()) },
		"register": func() (any, error) { return r.BeginRegistration(t.Context(), r.subject(), r.user) },
	} {
		if _, err := begin(); !errors.Is(err, r.book.broken) {
			t.Errorf("OP-09 %s: got %v, want the error", name, err)
		}
	}
}

func TestNames(t *testing.T) {
	r := newRig(t)
	p := r.add(newDevice(t))
	if p.Name != "Passkey" || p.AAGUID != "00000000-0000-0000-0000-000000000000" {
		t.Errorf("got %q of %s, want a passkey of no known model", p.Name, p.AAGUID)
	}
	p.AAGUID = "ee882879-721c-4913-9775-3dfcce97072a"
	if got := p.Authenticator(); got != "YubiKey 5" {
		t.Errorf("got %q, want YubiKey 5", got)
	}
}

func TestModels(t *testing.T) {
	all, ca := vectors(t)
	other := newCA(t)
	allow := func(trust ...int) func(*passkey.Settings) {
		return func(s *passkey.Settings) {
			for _, v := range all {
				s.Models = append(s.Models, modelOf(v))
			}
			for _, n := range trust {
				s.Anchors = append(s.Anchors, ca)
				if n == 1 {
					s.Anchors[len(s.Anchors)-1] = other
				}
			}
		}
	}
	for _, v := range all {
		// What leads to the published certificate; others have no certificate, or one
		// of a maker whose root the library knows itself.
		proved := slices.Contains([]string{"16.7", "16.8", "16.9", "16.10", "16.11"}, v.Section)
		if !proved && v.Section != "16.2" && v.Section != "16.3" {
			continue
		}
		t.Run("WA-15 "+v.Section+" "+v.Name, func(t *testing.T) {
			_, err := newRig(t, allow(0)).register(v.Registration.Challenge, v.created())
			if why, code := reason(t, err); proved != (err == nil) || !proved && (why != "model" || code != fault.CodeForbidden) {
				t.Errorf("got %q %s, want accepted: %v", why, code, proved)
			}
			if _, err := newRig(t, allow(1)).register(v.Registration.Challenge, v.created()); err == nil {
				t.Error("under another certificate: got it accepted, want it refused")
			}
			unlisted := func(s *passkey.Settings) {
				allow(0)(s)
				s.Models = []string{"ee882879-721c-4913-9775-3dfcce97072a"}
			}
			if _, err := newRig(t, unlisted).register(v.Registration.Challenge, v.created()); err == nil {
				t.Error("a model that is not listed: got it accepted, want it refused")
			}
		})
	}
	t.Run("WA-15 an attestation is asked for", func(t *testing.T) {
		r := newRig(t, allow(0))
		if got := fields(t, func() (any, error) { return r.BeginRegistration(t.Context(), r.subject(), r.user) })["attestation"]; got != "direct" {
			t.Errorf("got %v, want direct", got)
		}
	})
	t.Run("WA-15 models without certificates are refused at the start", func(t *testing.T) {
		if _, err := passkey.New(passkey.Settings{RPID: "example.org", RPName: "x", Origins: []string{"https://example.org"}, Models: []string{"x"}}, passkey.Parts{}); err == nil {
			t.Error("got no error, want one")
		}
	})
}
