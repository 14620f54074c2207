package config_test

import (
	"errors"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
)

func TestLoadDefaults(t *testing.T) {
	c, err := config.Load(nil, "")
	if err != nil {
		t.Fatalf("Load: got %v, want no error", err)
	}
	t.Log("\n" + c.String())
	_, err = config.Load([]string{"PUBLIC_URL=http://x.example.org", "SMTP_PORT=a", "SECRET_KEY=changeme", "SECURITY_PROFILE=strict", "SESSION_LIFE=30d", "FRONTEND_URL=https://y.example.org"}, "")
	var ps config.Problems
	if !errors.As(err, &ps) {
		t.Fatal(err)
	}
	t.Log(err)
}
