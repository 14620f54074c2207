package signin_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/signin"
)

// shelf keeps remembered devices in memory.
type shelf struct {
	tokens []onetime.Token // oldest first
	trails []audit.Trail
}

func (s *shelf) IssueOneTime(_ context.Context, tok onetime.Token, t audit.Trail) error {
	s.tokens, s.trails = append(s.tokens, tok), append(s.trails, t)
	return nil
}

func (s *shelf) FindOneTime(_ context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error) {
	for _, tok := range s.tokens {
		if tok.Kind == kind && bytes.Equal(tok.Hash, hash) && now.Before(tok.ExpiresAt) {
			return tok, nil
		}
	}
	return onetime.Token{}, fault.New(fault.CodeNotFound)
}

func (s *shelf) OneTimesOfUser(_ context.Context, _ onetime.Kind, userID string, now time.Time) ([]onetime.Token, error) {
	var out []onetime.Token
	for _, tok := range slices.Backward(s.tokens) {
		if tok.UserID == userID && now.Before(tok.ExpiresAt) {
			out = append(out, tok)
		}
	}
	return out, nil
}

func (s *shelf) RevokeOneTime(_ context.Context, _ onetime.Kind, hash []byte, _ time.Time, t audit.Trail) (bool, error) {
	before := len(s.tokens)
	s.tokens = slices.DeleteFunc(s.tokens, func(tok onetime.Token) bool { return bytes.Equal(tok.Hash, hash) })
	s.trails = append(s.trails, t)
	return len(s.tokens) < before, nil
}

func devices(life time.Duration) (*signin.Service, *shelf, *clock.Fake) {
	s, at := &shelf{}, clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	return signin.New(signin.Parts{Devices: s, Clock: at.Now, RememberFor: life}), s, at
}

func TestRemember(t *testing.T) {
	ctx := audit.WithOrigin(t.Context(), audit.Origin{ClientIP: "192.0.2.7", UserAgent: "Firefox"})
	t.Run("MF-06 off by default", func(t *testing.T) {
		s, shelf, _ := devices(0)
		token, _, err := s.Remember(ctx, "u", "s")
		if err != nil || token != "" || len(shelf.tokens) != 0 {
			t.Errorf("got %q %v and %d kept, want nothing", token, err, len(shelf.tokens))
		}
	})
	t.Run("MF-06 hashed, with its own end, and written down", func(t *testing.T) {
		s, shelf, at := devices(30 * 24 * time.Hour)
		token, life, err := s.Remember(ctx, "u", "s")
		if err != nil || life != 30*24*time.Hour {
			t.Fatalf("got %v %v, want thirty days", life, err)
		}
		hash, err := opaque.Hash(opaque.Device, token)
		kept := shelf.tokens[0]
		if err != nil || !bytes.Equal(kept.Hash, hash) || bytes.Contains(kept.Data, []byte(token)) || !kept.ExpiresAt.Equal(at.Now().Add(life)) {
			t.Errorf("kept: got %+v, want the hash alone, for thirty days", kept)
		}
		if e := shelf.trails[0].Events[0]; e.Name != audit.TokenCreated || e.Factor != "device" || e.SessionID != "s" {
			t.Errorf("audit: got %+v, want a device token created", e)
		}
		all, err := s.RememberedDevices(ctx, "u")
		if err != nil || len(all) != 1 || all[0].UserAgent != "Firefox" || all[0].IP != "192.0.2.7" {
			t.Errorf("listed: got %+v %v, want the device as it was seen", all, err)
		}
	})
	t.Run("the oldest of twenty makes room", func(t *testing.T) {
		s, shelf, at := devices(time.Hour)
		for range 21 {
			at.Advance(time.Second)
			if _, _, err := s.Remember(ctx, "u", "s"); err != nil {
				t.Fatal(err)
			}
		}
		if len(shelf.tokens) != 20 || !shelf.tokens[0].CreatedAt.Equal(at.Now().Add(-19*time.Second)) {
			t.Errorf("got %d kept from %v, want the newest twenty", len(shelf.tokens), shelf.tokens[0].CreatedAt)
		}
	})
}

func TestForgetDevice(t *testing.T) {
	s, shelf, _ := devices(time.Hour)
	if _, _, err := s.Remember(t.Context(), "u", "s"); err != nil {
		t.Fatal(err)
	}
	all, err := s.RememberedDevices(t.Context(), "u")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ForgetDevice(t.Context(), "another", "s", all[0].ID); fault.Of(err) != fault.CodeNotFound {
		t.Errorf("somebody else's device: got %v, want not_found", err)
	}
	if err := s.ForgetDevice(t.Context(), "u", "s", all[0].ID); err != nil || len(shelf.tokens) != 0 {
		t.Errorf("got %v and %d left, want none", err, len(shelf.tokens))
	}
	if e := shelf.trails[1].Events[0]; e.Name != audit.TokenRevoked {
		t.Errorf("audit: got %s, want %s", e.Name, audit.TokenRevoked)
	}
	if err := s.ForgetDevice(t.Context(), "u", "s", all[0].ID); fault.Of(err) != fault.CodeNotFound {
		t.Errorf("a second time: got %v, want not_found", err)
	}
}
