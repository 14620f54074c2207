package wire_test

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway/wire"
)

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="

func upgrade(change func(r *http.Request)) *http.Request {
	r, err := http.NewRequest(http.MethodGet, "http://server.example.com/chat", nil)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Sec-WebSocket-Key", sampleKey)
	r.Header.Set("Sec-WebSocket-Version", "13")
	if change != nil {
		change(r)
	}
	return r
}

func TestKey(t *testing.T) {
	set := func(k, v string) func(*http.Request) { return func(r *http.Request) { r.Header.Set(k, v) } }
	cases := []struct {
		name   string
		change func(*http.Request)
		want   error
	}{
		{"RFC 6455 1.2", nil, nil},
		{"Firefox's Connection", set("Connection", "keep-alive, Upgrade"), nil},
		{"other case", set("Upgrade", "WebSocket"), nil},
		{"no Connection", set("Connection", "close"), wire.ErrNotUpgrade},
		{"no Upgrade", func(r *http.Request) { r.Header.Del("Upgrade") }, wire.ErrNotUpgrade},
		{"another protocol", set("Upgrade", "h2c"), wire.ErrNotUpgrade},
		{"POST", func(r *http.Request) { r.Method = http.MethodPost }, wire.ErrNotUpgrade},
		{"HTTP/1.0", func(r *http.Request) { r.ProtoMinor = 0 }, wire.ErrNotUpgrade},
		{"HTTP/2", func(r *http.Request) { r.ProtoMajor = 2 }, wire.ErrNotUpgrade},
		{"version 8", set("Sec-WebSocket-Version", "8"), wire.ErrVersion},
		{"no key", func(r *http.Request) { r.Header.Del("Sec-WebSocket-Key") }, wire.ErrKey},
		{"two keys", func(r *http.Request) { r.Header.Add("Sec-WebSocket-Key", sampleKey) }, wire.ErrKey},
		{"a short key", set("Sec-WebSocket-Key", "AAAA"), wire.ErrKey},
		{"no base64", set("Sec-WebSocket-Key", "!!!!!!!!!!!!!!!!!!!!!!=="), wire.ErrKey},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := wire.Key(upgrade(c.change)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestAppendAccept(t *testing.T) {
	raw := wire.AppendAccept(nil, sampleKey, "chat")
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{
		"Sec-WebSocket-Accept":   "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", // RFC 6455 §1.3
		"Sec-WebSocket-Protocol": "chat", "Upgrade": "websocket", "Connection": "Upgrade",
	} {
		if got := res.Header.Get(k); got != want {
			t.Errorf("%s: got %q, want %q", k, got, want)
		}
	}
	if res.StatusCode != 101 {
		t.Errorf("got status %d, want 101", res.StatusCode)
	}
	if bytes.Contains(wire.AppendAccept(nil, sampleKey, ""), []byte("WebSocket-Protocol")) {
		t.Error("got a protocol header without a protocol, want none")
	}
}

func TestProtocols(t *testing.T) {
	r := upgrade(func(r *http.Request) {
		r.Header.Add("Sec-WebSocket-Protocol", "sallyport.v1, a ,,")
		r.Header.Add("Sec-WebSocket-Protocol", "\tb")
	})
	if got, want := wire.Protocols(r), []string{"sallyport.v1", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
