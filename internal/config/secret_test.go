package config_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/seal"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// TestNoSecretShows prints a Config full of canaries in every way there is.
func TestNoSecretShows(t *testing.T) {
	service, _ := opaque.New(opaque.Service)
	const canary = "canary-7f3a"
	c := load(t, "SECRET_KEY="+goodKey, "SERVICE_KEYS=b:"+service, "PASSWORD_PEPPER=p:"+goodKey,
		"DATABASE_URL=postgres://u:"+canary+"@db/x?password="+canary, "REDIS_URL=redis://:"+canary+"@r/0",
		"SMTP_SERVER=localhost", "SMTP_USERNAME=u", "SMTP_PASSWORD="+canary,
		"TWILIO_ACCOUNT_SID=AC"+strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN="+canary, "TWILIO_PHONE_NUMBER=+15005550006")
	raw, err := base64.StdEncoding.DecodeString(goodKey)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct{ cfg config.Config } // fmt calls no method of an unexported field
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", c)
		fmt.Fprintf(&out, verb+"\n", &c)
		fmt.Fprintf(&out, verb+"\n", holder{c})
		fmt.Fprintf(&out, verb+"\n", c.SMTP)
		fmt.Fprintf(&out, verb+"\n", c.Secrets)
		fmt.Fprintf(&out, verb+"\n", c.Password.Peppers)
	}
	if err := json.NewEncoder(&out).Encode(c); err != nil {
		t.Fatal(err)
	}
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("start", "config", c, "smtp", c.SMTP, "key", c.Password.Peppers[0].Key, "db", c.Database.URL, "pass", c.SMTP.Password)
	}
	for _, secret := range []string{canary, hexOf([]byte(canary)), goodKey, hexOf(raw), string(raw), service} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("AU-03 the output holds %q", secret)
		}
	}
	if c.SMTP.Password.Reveal() != canary || c.Secrets.KeyTexts()[0] != goodKey || !bytes.Equal(c.Password.Peppers[0].Key.Bytes(), raw) {
		t.Error("the secrets are not what was given")
	}
}

func TestZeroSecrets(t *testing.T) {
	var s config.Secret
	var k config.Key
	var d config.DSN
	if got := fmt.Sprint(s, k, d, s.Reveal(), len(k.Bytes()), d.Reveal()); strings.Trim(got, " 0") != "" {
		t.Errorf("zero values: got %q, want nothing shown", got)
	}
	if !s.Empty() || !d.Empty() || !config.NewSecret("").Empty() {
		t.Error("zero values: got not empty, want empty")
	}
}

func TestLocalSecret(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	key, created, err := config.EnsureLocalSecret(dir)
	if err != nil || !created || seal.CheckKey(key.Reveal()) != nil {
		t.Fatalf("first start: got %d characters, created %v, %v; want a good key, true, nil", len(key.Reveal()), created, err)
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, "secret.key"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("TK-06 %s: got %v, %v; want mode %v", filepath.Base(path), info.Mode().Perm(), err, want)
		}
	}
	again, created, err := config.EnsureLocalSecret(dir)
	if err != nil || created || again.Reveal() != key.Reveal() {
		t.Errorf("second start: got created %v, %v; want the same key", created, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("the folder: got %v, %v; want secret.key only", left, err)
	}
}

func TestLocalSecretRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, content string
		mode          fs.FileMode
		want          string
	}{
		{"TK-06 a file others can read", goodKey, 0o644, "chmod 600"},
		{"TK-06 a weak key", "changeme", 0o600, "too short"},
		{"an empty file", "", 0o600, "put the key back"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "secret.key")
			if err := os.WriteFile(path, []byte(tc.content), tc.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tc.mode); err != nil {
				t.Fatal(err)
			}
			_, _, err := config.EnsureLocalSecret(dir)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error that says %q", err, tc.want)
			}
			if b, _ := os.ReadFile(path); string(b) != tc.content {
				t.Error("the file was changed")
			}
		})
	}
}

func TestLocalSecretIsOneForAll(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var wg sync.WaitGroup
	got := make([]string, 16)
	for i := range got {
		wg.Go(func() {
			key, _, err := config.EnsureLocalSecret(dir)
			if err != nil {
				t.Errorf("starter %d: %v", i, err)
			}
			got[i] = key.Reveal()
		})
	}
	wg.Wait()
	for i, k := range got {
		if k != got[0] {
			t.Errorf("starter %d got another key than starter 0", i)
		}
	}
}

func TestUseLocalSecret(t *testing.T) {
	dir := t.TempDir()
	c := load(t, "DATABASE_URL=sqlite:"+filepath.Join(dir, "x.db"))
	if created, err := c.UseLocalSecret(); err != nil || !created || len(c.Secrets.Keys) != 1 {
		t.Errorf("a local run: got created %v, %v, %d keys; want true, nil, 1", created, err, len(c.Secrets.Keys))
	}
	given := load(t, "SECRET_KEY="+goodKey, "DATABASE_URL=sqlite:"+filepath.Join(dir, "none", "x.db"))
	if created, err := given.UseLocalSecret(); err != nil || created {
		t.Errorf("a run that has a key: got created %v, %v; want false, nil", created, err)
	}
	far := load(t, remote()...)
	far.Secrets.Keys = nil
	if created, err := far.UseLocalSecret(); err != nil || created || len(far.Secrets.Keys) != 0 {
		t.Errorf("a run that is not local: got created %v, %v, %d keys; want none", created, err, len(far.Secrets.Keys))
	}
}
