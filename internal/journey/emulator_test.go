package journey_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// emulator is an authenticator that others wrote in another language: what both
// it and the one in Go make, more than one reading of the specification accepts.
type emulator struct {
	t   *testing.T
	out io.Writer
	in  *bufio.Reader
}

// newEmulator starts one whose keys are of that algorithm; it ends with the test.
func newEmulator(t *testing.T, algorithm string) *emulator {
	t.Helper()
	const dir = "testdata/emulator"
	if _, err := os.Stat(dir + "/node_modules"); err != nil {
		install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		install.Dir = dir
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("scripts/setup-test.sh has not installed the emulator, and npm cannot: %v\n%s", err, out)
		}
	}
	cmd := exec.Command("node", "emulator.js", algorithm)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = out.Close() // the end of its input ends it
		_ = cmd.Wait()
	})
	return &emulator{t, out, bufio.NewReader(in)}
}

// answer runs one ceremony on a page of the site.
func (e *emulator) answer(op, options string) json.RawMessage {
	e.t.Helper()
	var begun struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}
	if err := json.Unmarshal([]byte(options), &begun); err != nil {
		e.t.Fatal(err)
	}
	if err := json.NewEncoder(e.out).Encode(map[string]any{"op": op, "origin": site.Origin, "options": begun.PublicKey}); err != nil {
		e.t.Fatal(err)
	}
	line, err := e.in.ReadBytes('\n')
	if err != nil {
		e.t.Fatal(err)
	}
	var got struct{ Error string }
	if err := json.Unmarshal(line, &got); err != nil || got.Error != "" {
		e.t.Fatalf("%s: got %s, %v, want a credential", op, line, err)
	}
	return line
}

// TestPasskeyEmulator registers and uses passkeys of the second authenticator.
func TestPasskeyEmulator(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		s := start(t, databaseURL, withPasskeys()...)
		for i, algorithm := range []string{"ES256", "EdDSA", "RS256"} {
			t.Run(algorithm, func(t *testing.T) {
				email := fmt.Sprintf("ada%d@example.org", i)
				s.member(t, email)
				e, k := newEmulator(t, algorithm), &keyring{s: s}
				access := s.login(t, email).text("access_token")
				made := e.answer("create", k.options(t, "register", access, nil))
				access = s.want(t, 201, "POST", "/api/v1/webauthn/register/finish", access, credential(made)).text("access_token")

				in := s.want(t, 200, "POST", "/api/v1/webauthn/login/finish", "", credential(e.answer("get", k.options(t, "login", "", nil))))
				if got := claim(t, in, "aal"); got != "aal2" {
					t.Errorf("WA-06 without a user name: got %s, want aal2", got)
				}
				token := s.login(t, email).text("mfa_token")
				s.want(t, 200, "POST", "/api/v1/webauthn/verify/finish", token, credential(e.answer("get", k.options(t, "verify", token, nil))))
				s.want(t, 200, "POST", "/api/v1/webauthn/verify/finish", access, credential(e.answer("get", k.options(t, "verify", access, nil))))
			})
		}
	})
}
