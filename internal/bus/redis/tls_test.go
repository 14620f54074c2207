package redis_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/bus/bustest"
	"github.com/sallyport/sallyport/internal/bus/redis"
	"github.com/sallyport/sallyport/internal/testbed"
)

// TestTLS talks to a Redis that has the settings of deploy/redis.
func TestTLS(t *testing.T) {
	certificates := testbed.NewCertificates(t)
	server := testbed.SecureRedis(t, certificates)
	address := server.URL()

	t.Run("with its authority it carries messages", func(t *testing.T) {
		client, err := redis.Dial(address, certificates.CA)
		if err != nil {
			t.Fatalf("Dial: %v", err)
		}
		defer client.Close()
		b := redis.New(client, "", 0)
		l := bustest.Listen(t, b, "topic", "")
		bustest.Publish(t, b, "topic", "sealed on the way")
		l.Want("sealed on the way")
		if found, err := redis.Probe(t.Context(), address, certificates.CA); err != nil || !found.Private {
			t.Errorf("Probe: got %+v, error %v; want an answer nobody reads along", found, err)
		}
	})

	_, password, _ := strings.Cut(strings.TrimPrefix(address, "rediss://"), ":")
	password, _, _ = strings.Cut(password, "@")
	for _, tt := range []struct{ name, address, ca, secret, want string }{
		{"another authority", address, testbed.NewCertificates(t).CA, password, "certificate signed by unknown authority"},
		{"the authorities of this machine", address, "", password, "certificate signed by unknown authority"},
		{"another name", strings.Replace(address, "127.0.0.1", "127.0.0.2", 1), certificates.CA, password, "valid for 127.0.0.1, not 127.0.0.2"},
		{"in the clear", strings.Replace(address, "rediss:", "redis:", 1), "", password, ""},
		{"a wrong password", "rediss://:hunter2@" + server.Addr(), certificates.CA, "hunter2", "WRONGPASS"},
		{"no password", "rediss://" + server.Addr(), certificates.CA, password, "NOAUTH"},
	} {
		t.Run("OP-09 refused: "+tt.name, func(t *testing.T) {
			_, err := redis.Probe(t.Context(), tt.address, tt.ca)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), tt.secret) {
				t.Errorf("AU-03 the error repeats the password: %v", err)
			}
		})
	}
}

func TestAuthorities(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ address, ca string }{
		"a file that is not there":          {"rediss://:hunter2@127.0.0.1:1", empty + ".none"},
		"a file without a certificate":      {"rediss://:hunter2@127.0.0.1:1", empty},
		"an authority without TLS":          {"redis://:hunter2@127.0.0.1:1", empty},
		"an address that lets anybody pose": {"rediss://:hunter2@127.0.0.1:1?skip_verify=true", ""},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := redis.Dial(tt.address, tt.ca)
			if err == nil {
				client.Close()
				t.Fatal("OP-09 got no error, want one")
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("AU-03 the error repeats the password: %v", err)
			}
		})
	}
}
