package apptest

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
)

// Serve lets a program answer on ln until the test ends, and closes it then. It
// returns once the program is ready.
func Serve(tb testing.TB, a *app.App, ln net.Listener) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- a.ServeOn(ctx, ln, func(net.Addr) { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		cancel()
		tb.Fatalf("serve: %v", err)
	case <-time.After(20 * time.Second):
		cancel()
		tb.Fatal("the server is not ready after 20 s")
	}
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("serve: got %v, want nil", err)
		}
		if err := a.Close(); err != nil {
			tb.Errorf("close: got %v, want nil", err)
		}
	})
}
