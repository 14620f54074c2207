package token_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/token"
)

// tokens signs n different good tokens.
func tokens(t testing.TB, b *bench, n int) []string {
	t.Helper()
	var out []string
	for i := range n {
		c := claimsAt(b.clock.Now())
		c.ID = fmt.Sprintf("jti-%d", i)
		out = append(out, sign(t, b.signer, c))
	}
	return out
}

// warm verifies raw twice, so that it is remembered.
func warm(t testing.TB, b *bench, raw string) {
	t.Helper()
	for range 2 {
		if _, err := b.verifier.Verify(raw); err != nil {
			t.Fatalf("a good token: got error %v, want none", err)
		}
	}
	if got := b.verifier.CacheLen(); got == 0 {
		t.Fatal("remembered tokens: got none, want this one")
	}
}

func TestRememberedTokenIsRefusedWhen(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *bench)
		want   token.Refusal
	}{
		{"it has expired", func(_ *testing.T, b *bench) { b.clock.Advance(11 * time.Minute) }, token.Expired},
		{"the clock steps back before iat", func(_ *testing.T, b *bench) { b.clock.Advance(-2 * time.Minute) }, token.IssuedInFuture},
		{"it is revoked", func(_ *testing.T, b *bench) { b.revoked[claimsAt(start).ID] = true }, token.Revoked},
		{"its session is revoked", func(_ *testing.T, b *bench) { b.revoked[claimsAt(start).SessionID] = true }, token.Revoked},
		{"its key has retired", func(_ *testing.T, b *bench) {
			b.key.RetiresAt = start
			b.keys.Replace([]token.Key{b.key})
		}, token.RetiredKey},
		{"its key retires as time goes on", func(_ *testing.T, b *bench) {
			b.key.RetiresAt = start.Add(time.Minute)
			b.keys.Replace([]token.Key{b.key})
			b.clock.Advance(time.Minute)
		}, token.RetiredKey},
		{"its key is gone", func(_ *testing.T, b *bench) { b.keys.Replace(nil) }, token.UnknownKey},
		{"its kid names another key", func(t *testing.T, b *bench) {
			other := newKey(t, token.ES256, start)
			other.ID = b.key.ID
			b.keys.Replace([]token.Key{other})
		}, token.BadSignature},
	} {
		t.Run("TK-11 "+c.name, func(t *testing.T) {
			b := newBench(t, token.ES256)
			raw := sign(t, b.signer, claimsAt(start))
			warm(t, b, raw)
			c.change(t, b)
			refused(t, b.verifier, raw, c.want)
		})
	}
	t.Run("TK-11 and is good again when the revocation is forgotten", func(t *testing.T) {
		b := newBench(t, token.ES256)
		raw := sign(t, b.signer, claimsAt(start))
		b.revoked[claimsAt(start).ID] = true
		refused(t, b.verifier, raw, token.Revoked)
		delete(b.revoked, claimsAt(start).ID)
		warm(t, b, raw)
	})
}

func TestKeysReadAgainKeepTheCache(t *testing.T) {
	b := newBench(t, token.ES256)
	raw := sign(t, b.signer, claimsAt(start))
	warm(t, b, raw)
	der, err := token.MarshalPrivate(b.key)
	if err != nil {
		t.Fatal(err)
	}
	again, err := token.ParsePrivate(b.key.ID, b.key.Alg, der)
	if err != nil {
		t.Fatal(err)
	}
	b.keys.Replace([]token.Key{again})
	missed := testing.AllocsPerRun(10, func() { _, _ = newVerifier(t, b.options()).Verify(raw) })
	hit := testing.AllocsPerRun(10, func() { _, _ = b.verifier.Verify(raw) })
	if hit >= missed/2 {
		t.Errorf("after the keys were read again: got %v allocations, want far fewer than the %v of a new token", hit, missed)
	}
}

func TestCacheIsBounded(t *testing.T) {
	for _, c := range []struct{ size, atMost int }{{100, 100}, {2, 2}, {1, 0}, {-1, 0}} {
		t.Run(fmt.Sprintf("TK-05 size %d", c.size), func(t *testing.T) {
			b := newBench(t, token.EdDSA, func(o *token.VerifierOptions) { o.CacheSize = c.size })
			for i, raw := range tokens(t, b, 300) {
				if _, err := b.verifier.Verify(raw); err != nil {
					t.Fatalf("token %d: got error %v, want none", i, err)
				}
				if got := b.verifier.CacheLen(); got > c.atMost {
					t.Fatalf("after token %d: got %d remembered, want at most %d", i, got, c.atMost)
				}
			}
		})
	}
	t.Run("TK-05 a token in use is not forgotten", func(t *testing.T) {
		b := newBench(t, token.EdDSA, func(o *token.VerifierOptions) { o.CacheSize = 20 })
		all := tokens(t, b, 200)
		for _, raw := range all[1:] {
			if _, err := b.verifier.Verify(raw); err != nil {
				t.Fatal(err)
			}
			if _, err := b.verifier.Verify(all[0]); err != nil {
				t.Fatal(err)
			}
		}
		used := testing.AllocsPerRun(10, func() { _, _ = b.verifier.Verify(all[0]) })
		if used > 10 {
			t.Errorf("the token in use: got %v allocations, want the few of a remembered one", used)
		}
	})
}

func TestVerifierIsSafeForConcurrentUse(t *testing.T) {
	b := newBench(t, token.EdDSA, func(o *token.VerifierOptions) { o.CacheSize = 16 })
	all := tokens(t, b, 40)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				if _, err := b.verifier.Verify(all[(i*7+j)%len(all)]); err != nil {
					t.Errorf("got error %v, want none", err)
					return
				}
				if j%20 == 0 {
					b.keys.Replace([]token.Key{b.key})
					b.keys.JWKS(start)
				}
			}
		})
	}
	wg.Wait()
}
