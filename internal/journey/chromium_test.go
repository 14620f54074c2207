package journey_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// browser is a real Chromium, driven over a pipe in the words of its DevTools.
type browser struct {
	t       *testing.T
	out     io.Writer
	in      *bufio.Reader
	session string // the page
	calls   int
}

// chromium starts a browser on a page; it ends with the test.
func chromium(t *testing.T, url string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("chromium is not installed; the tests need it: %v", err)
	}
	theirs, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// The sandbox does not start for root; the pages are ours.
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, answers} // 3 and 4 in the browser
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), answers.Close()
	t.Cleanup(func() {
		_ = out.Close() // the end of the pipe ends the browser
		timer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		timer.Stop()
		_ = in.Close()
	})
	if err := in.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, out: out, in: bufio.NewReader(in)}
	target := b.call("Target.createTarget", map[string]any{"url": "about:blank"})
	b.session, _ = b.call("Target.attachToTarget", map[string]any{"targetId": target["targetId"], "flatten": true})["sessionId"].(string)
	b.call("WebAuthn.enable", map[string]any{})
	b.call("Page.enable", map[string]any{})
	b.call("Page.navigate", map[string]any{"url": url})
	b.wait("Page.loadEventFired")
	return b
}

// call asks the browser and waits for its answer.
func (b *browser) call(method string, params any) map[string]any {
	b.t.Helper()
	b.calls++
	m := map[string]any{"id": b.calls, "method": method, "params": params}
	if b.session != "" {
		m["sessionId"] = b.session
	}
	raw, err := json.Marshal(m)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.out.Write(append(raw, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		got := b.read()
		if fmt.Sprint(got["id"]) != fmt.Sprint(b.calls) {
			continue
		}
		if got["error"] != nil {
			b.t.Fatalf("%s: %v", method, got["error"])
		}
		result, _ := got["result"].(map[string]any)
		return result
	}
}

// wait reads until the browser tells of that event.
func (b *browser) wait(event string) {
	b.t.Helper()
	for b.read()["method"] != event {
	}
}

func (b *browser) read() (m map[string]any) {
	b.t.Helper()
	raw, err := b.in.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("reading from chromium: %v", err)
	}
	if err := json.Unmarshal(raw[:len(raw)-1], &m); err != nil {
		b.t.Fatal(err)
	}
	return m
}

// key plugs a virtual authenticator in and returns its id: one that keeps
// passkeys and checks its user, or a plain security key.
func (b *browser) key(transport string, verifies bool) string {
	b.t.Helper()
	id, _ := b.call("WebAuthn.addVirtualAuthenticator", map[string]any{"options": map[string]any{
		"protocol": "ctap2", "transport": transport, "hasResidentKey": verifies, "hasUserVerification": verifies,
		"isUserVerified": verifies, "automaticPresenceSimulation": true,
	}})["authenticatorId"].(string)
	return id
}

// page is what the scripts of this test share: a call of the API, and the two
// ceremonies as any page would run them.
const page = `
const api = async (path, body, bearer) => {
  const headers = {"Content-Type": "application/json"};
  if (bearer) headers.Authorization = "Bearer " + bearer;
  const r = await fetch("/api/v1" + path, {method: "POST", headers, body: body ? JSON.stringify(body) : undefined});
  return {status: r.status, body: await r.json()};
};
const register = async (bearer) => {
  const begun = await api("/webauthn/register/begin", null, bearer);
  if (begun.status !== 200) return begun;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.body.publicKey);
  const credential = (await navigator.credentials.create({publicKey})).toJSON();
  return api("/webauthn/register/finish", {name: "Chromium", credential}, bearer);
};
const answer = async (path, bearer, body) => {
  const begun = await api("/webauthn/" + path + "/begin", body, bearer);
  if (begun.status !== 200) return begun;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.body.publicKey);
  const credential = (await navigator.credentials.get({publicKey})).toJSON();
  return api("/webauthn/" + path + "/finish", {credential}, bearer);
};
const login = () => api("/auth/login", {email: "ada@example.org", password: "` + goodPassword + `"});
`

// run runs a script in the page; it returns {status, body} of its last call.
func (b *browser) run(status int, script string) answer {
	b.t.Helper()
	got := b.call("Runtime.evaluate", map[string]any{
		"expression": "(async () => {" + page + script + "})()", "awaitPromise": true, "returnByValue": true, "userGesture": true,
	})
	if got["exceptionDetails"] != nil {
		b.t.Fatalf("%s: %v", script, got["exceptionDetails"])
	}
	result, _ := got["result"].(map[string]any)
	value, _ := result["value"].(map[string]any)
	body, _ := value["body"].(map[string]any)
	if fmt.Sprint(value["status"]) != fmt.Sprint(status) {
		b.t.Fatalf("%s: got %v, want status %d", script, value, status)
	}
	return answer{status: status, body: body}
}

// TestChromium registers and uses passkeys in a real browser.
func TestChromium(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, append(generous, "PUBLIC_URL=http://localhost:{port}")...)
		s.member(t, "ada@example.org")
		b := chromium(t, s.PublicURL())
		t.Run("WA-06 a passkey that checks its user", func(t *testing.T) {
			b.t = t
			key := b.key("internal", true)
			added := b.run(201, `return register((await login()).body.access_token);`)
			if codes, _ := added.body["backup_codes"].([]any); len(codes) != 10 {
				t.Errorf("got %v, want ten backup codes", added.body)
			}
			in := b.run(200, `return answer("login");`)
			if got := claim(t, in, "aal") + claim(t, in, "amr"); got != "aal2[hwk mfa user]" && got != "aal2[mfa swk user]" {
				t.Errorf("MF-05 got %s, want aal2 by a passkey that checked its user", got)
			}
			b.run(200, fmt.Sprintf(`return answer("verify", %q);`, in.text("access_token")))
			second := b.run(200, `return answer("verify", (await login()).body.mfa_token);`)
			if got := claim(t, second, "aal"); got != "aal2" {
				t.Errorf("as second factor: got %s, want aal2", got)
			}
			b.call("WebAuthn.removeVirtualAuthenticator", map[string]any{"authenticatorId": key})
		})
		t.Run("WA-06 a security key that does not", func(t *testing.T) {
			b.t = t
			s.member(t, "bob@example.org")
			b.key("usb", false)
			bob := `const bob = () => api("/auth/login", {email: "bob@example.org", password: "` + goodPassword + `"});`
			added := b.run(201, bob+`return register((await bob()).body.access_token);`)
			if credential, _ := added.body["credential"].(map[string]any); credential["user_verification"] != false {
				t.Errorf("got %v, want a key that checks nobody", credential)
			}
			refused := b.run(403, `return answer("login", null, {email: "bob@example.org"});`)
			if refused.text("code") != "user_verification_required" {
				t.Errorf("got %v, want user_verification_required", refused.body)
			}
			in := b.run(200, bob+`return answer("verify", (await bob()).body.mfa_token);`)
			if got := claim(t, in, "aal") + claim(t, in, "amr"); got != "aal2[hwk mfa pwd]" {
				t.Errorf("MF-05 after the password: got %s, want aal2[hwk mfa pwd]", got)
			}
		})
	})
}
