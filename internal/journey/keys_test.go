package journey_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/testbed"
)

// backend verifies access tokens by itself, as somebody's application does: with
// the key set it fetched, for as long as the answer's max-age lets it.
type backend struct {
	node *apptest.Rig
	keys jose.JSONWebKeySet
	till time.Time
}

// verify returns what is wrong with a token.
func (b *backend) verify(t *testing.T, token string, now time.Time) error {
	t.Helper()
	if !now.Before(b.till) {
		w := httptest.NewRecorder()
		b.node.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/.well-known/jwks.json", nil))
		if err := json.Unmarshal(w.Body.Bytes(), &b.keys); err != nil || len(b.keys.Keys) == 0 {
			t.Fatalf("JWKS: got %s, %v", w.Body, err)
		}
		b.till = now.Add(10 * time.Minute)
	}
	_, err := jwt.Parse(token, func(u *jwt.Token) (any, error) {
		id, _ := u.Header["kid"].(string)
		if found := b.keys.Key(id); len(found) == 1 {
			return found[0].Key, nil
		}
		return nil, jwt.ErrTokenUnverifiable
	}, jwt.WithValidMethods([]string{"ES256"}), jwt.WithTimeFunc(func() time.Time { return now }), jwt.WithExpirationRequired())
	return err
}

// TestKeyRotation rotates the signing key of two nodes by command and lets two
// hours go by, a minute at a time. In each minute a token is made on each node
// and every living token is shown to the other node and to a backend that keeps
// its key set for ten minutes.
func TestKeyRotation(t *testing.T) {
	database := testbed.Postgres(t)
	one, two := apptest.Open(t, database), apptest.Open(t, database)
	two.Clock.Advance(one.Clock.Now().Sub(two.Clock.Now()))
	one.Member(t, "ada@example.org")
	application := &backend{node: two}
	held := one.SignedIn(t, "ada@example.org")
	type issued struct {
		token string
		until time.Time
	}
	var living []issued
	used := map[string]bool{}
	for minute := range 120 {
		now := one.Clock.Now()
		if minute == 5 {
			if err := one.RotateKeys(t.Context(), account.Operator()); err != nil {
				t.Fatal(err)
			}
		}
		for _, node := range []*apptest.Rig{one, two} {
			next, err := node.Sessions.Refresh(node.Ctx(), held.Refresh)
			if err != nil {
				t.Fatalf("minute %d: refresh: %v", minute, err)
			}
			held = next
			living = append(living, issued{held.Access, now.Add(held.ExpiresIn)})
			parsed, _, err := jwt.NewParser().ParseUnverified(held.Access, jwt.MapClaims{})
			if err != nil {
				t.Fatal(err)
			}
			id, _ := parsed.Header["kid"].(string)
			used[id] = true
		}
		for _, l := range living {
			if !now.Before(l.until) {
				continue
			}
			for _, node := range []*apptest.Rig{one, two} {
				req := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/me", nil)
				req.Header.Set("Authorization", "Bearer "+l.token)
				w := httptest.NewRecorder()
				node.Handler().ServeHTTP(w, req)
				if w.Code != 200 {
					t.Fatalf("TK-06 minute %d: got %d %s from a node, want 200", minute, w.Code, w.Body)
				}
			}
			if err := application.verify(t, l.token, now); err != nil {
				t.Fatalf("TK-06 minute %d: the backend says %v, want the token good", minute, err)
			}
		}
		for _, node := range []*apptest.Rig{one, two} {
			node.Clock.Advance(time.Minute)
			if err := node.TurnKeys(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := node.ReadRevocations(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(used) != 2 {
		t.Errorf("TK-06 got tokens of %d keys, want the old and the new", len(used))
	}
	one.Clock.Advance(48 * time.Hour)
	if err := one.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all, err := one.Store.SigningKeys(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("TK-06 after two days: got %d keys, %v, want the old one gone", len(all), err)
	}
}
