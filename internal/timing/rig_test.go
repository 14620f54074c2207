package timing_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/provider/providertest"
)

// bench is the whole program, serving, and a client of it.
type bench struct {
	*app.App
	tb      testing.TB
	address string
	conn    net.Conn
	in      *bufio.Reader
	strange int // addresses used that have no account, for requests that make one
}

// limits are out of the way, so that one client may ask often.
func limits() (settings []string) {
	for _, rule := range []string{
		"LOGIN_IP", "LOGIN_ACCOUNT", "REGISTER_IP", "FORGOT_ACCOUNT", "FORGOT_IP", "PASSKEY_IP", "OAUTH_START_IP", "OAUTH_IP", "API_IP",
	} {
		settings = append(settings, "RATE_"+rule+"=1000000/1s")
	}
	return settings
}

// open serves the program, with limits out of the way and a provider that
// verifies no address. Everything else is as users have it.
func open(t *testing.T, databaseURL string) *bench {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{tb: t, address: ln.Addr().String()}
	entra := providertest.NewMicrosoft(t, clock.System, "common")
	cfg, err := config.Load(append(limits(),
		"PUBLIC_URL=http://"+b.address, "DATABASE_URL="+databaseURL, "METRICS_ADDR=", "SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8",
		"WEBAUTHN_RP_ID=example.org", "WEBAUTHN_ORIGINS=https://example.org", "MICROSOFT_URL="+entra.URL,
		"MICROSOFT_CLIENT_ID="+providertest.ClientID, "MICROSOFT_CLIENT_SECRET="+providertest.ClientSecret,
	), "")
	if err != nil {
		t.Fatalf("settings: %v", err)
	}
	b.App, err = app.Open(t.Context(), cfg, app.Options{Version: "timing", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	apptest.Serve(t, b.App, ln)
	return b
}

// dial opens the connection for the requests of one measurement.
func (b *bench) dial() (hangUp func()) {
	b.tb.Helper()
	var err error
	if b.conn, err = new(net.Dialer).DialContext(b.tb.Context(), "tcp", b.address); err != nil {
		b.tb.Fatal(err)
	}
	b.in = bufio.NewReader(b.conn)
	return func() { _ = b.conn.Close() }
}

// post prepares the bytes of a request.
func (b *bench) post(path string, body map[string]any) []byte {
	raw, err := json.Marshal(body)
	if err != nil {
		b.tb.Fatal(err)
	}
	var out bytes.Buffer
	_, _ = fmt.Fprintf(&out, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, b.address, len(raw), raw)
	return out.Bytes()
}

// send writes a prepared request and returns how long the answer took, to its
// last byte. The answer must have that status.
func (b *bench) send(status int, request []byte) time.Duration {
	b.tb.Helper()
	began := clock.System()
	if err := b.conn.SetDeadline(began.Add(time.Minute)); err != nil {
		b.tb.Fatal(err)
	}
	began = clock.System()
	if _, err := b.conn.Write(request); err != nil {
		b.tb.Fatal(err)
	}
	res, err := http.ReadResponse(b.in, nil)
	if err != nil {
		b.tb.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	took := clock.System().Sub(began)
	_ = res.Body.Close()
	if err != nil || res.StatusCode != status {
		b.tb.Fatalf("%s\ngot %d %s %v, want %d", request, res.StatusCode, body, err, status)
	}
	return took
}
