package token_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/token"
)

func TestUnknownKeyReloadsTheKeys(t *testing.T) {
	other := newBench(t, token.ES256) // a node that has just made its key
	raw := sign(t, other.signer, claimsAt(start))

	t.Run("TK-06 a key made by another node is found", func(t *testing.T) {
		var b *bench
		b = newBench(t, token.ES256, func(o *token.VerifierOptions) {
			o.Refresh = func(context.Context) error {
				b.keys.Replace([]token.Key{b.key, other.key})
				return nil
			}
		})
		if _, err := b.verifier.Verify(raw); err != nil {
			t.Errorf("got error %v, want none", err)
		}
	})
	t.Run("TK-05 once a second at most", func(t *testing.T) {
		calls := 0
		b := newBench(t, token.ES256, func(o *token.VerifierOptions) {
			o.Refresh = func(context.Context) error { calls++; return nil }
		})
		for _, step := range []struct {
			after time.Duration
			want  int
		}{
			{0, 1}, {0, 1}, {999 * time.Millisecond, 1}, {time.Millisecond, 2}, {500 * time.Millisecond, 2},
			{500 * time.Millisecond, 3}, {-time.Hour, 4}, {0, 4}, // a clock that steps back does not stop it
		} {
			b.clock.Advance(step.after)
			refused(t, b.verifier, raw, token.UnknownKey)
			if calls != step.want {
				t.Errorf("%v later: got %d calls, want %d", step.after, calls, step.want)
			}
		}
	})
	t.Run("OP-09 refused when the keys cannot be read", func(t *testing.T) {
		b := newBench(t, token.ES256, func(o *token.VerifierOptions) {
			o.Refresh = func(context.Context) error { return errors.New("database is gone") }
		})
		refused(t, b.verifier, raw, token.UnknownKey)
	})
	t.Run("TK-01 not for an algorithm we do not have", func(t *testing.T) {
		b := newBench(t, token.ES256, func(o *token.VerifierOptions) {
			o.Refresh = func(context.Context) error { t.Error("Refresh was called"); return nil }
		})
		refused(t, b.verifier, b.signHeader(t, with(with(b.header(), "alg", "HS256"), "kid", "other")), token.WrongAlg)
		refused(t, b.verifier, b.signHeader(t, with(b.header(), "kid", "../x")), token.BadKeyID)
	})
}

func TestRefreshHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waited time.Duration
		b := newBench(t, token.ES256, func(o *token.VerifierOptions) {
			o.Refresh = func(ctx context.Context) error {
				deadline, _ := ctx.Deadline()
				waited = time.Until(deadline)
				<-ctx.Done()
				return ctx.Err()
			}
		})
		refused(t, b.verifier, b.signHeader(t, with(b.header(), "kid", "other")), token.UnknownKey)
		if want := 2 * time.Second; waited != want {
			t.Errorf("deadline: got %v, want %v", waited, want)
		}
	})
}

func TestManyWaitForOneRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := newBench(t, token.ES256)
		raw := sign(t, other.signer, claimsAt(start))
		var b *bench
		var calls atomic.Int32
		release := make(chan struct{})
		b = newBench(t, token.ES256, func(o *token.VerifierOptions) {
			o.Refresh = func(context.Context) error {
				calls.Add(1)
				<-release
				b.keys.Replace([]token.Key{b.key, other.key})
				return nil
			}
		})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := b.verifier.Verify(raw); err != nil {
					t.Errorf("TK-06: got error %v, want none", err)
				}
			})
		}
		close(release)
		wg.Wait()
		if got := calls.Load(); got != 1 {
			t.Errorf("calls: got %d, want 1", got)
		}
	})
}
