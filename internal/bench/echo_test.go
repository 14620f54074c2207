package bench_test

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// BenchmarkRawEcho is the reference of a message: a bare server of a WebSocket
// library that says back what it hears.
func BenchmarkRawEcho(b *testing.B) {
	ln := listen(b)
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = ws.CloseNow() }()
		for {
			kind, text, err := ws.Read(r.Context())
			if err != nil || ws.Write(r.Context(), kind, text) != nil {
				return
			}
		}
	})}
	go func() { _ = server.Serve(ln) }()
	b.Cleanup(func() { _ = server.Close() })
	ws, _, err := websocket.Dial(b.Context(), "ws://"+ln.Addr().String(), nil)
	must(b, err)
	turn(b, ws)
}

// BenchmarkPing asks the gateway for a pong: a frame read, counted, understood and
// answered.
func BenchmarkPing(b *testing.B) {
	address := start(b, "sqlite:"+filepath.Join(b.TempDir(), "sallyport.db"),
		"WS_MESSAGES_PER_MINUTE=1000000", "WS_BYTES_PER_MINUTE=1073741824", "WS_USER_MESSAGES_PER_MINUTE=10000000", "WS_USER_BYTES_PER_MINUTE=1073741824")
	header := http.Header{"Authorization": {"Bearer " + dial(b, address).signIn().Access}}
	ws, _, err := websocket.Dial(b.Context(), "ws://"+address+"/api/v1/ws", &websocket.DialOptions{HTTPHeader: header})
	must(b, err)
	_, _, err = ws.Read(b.Context()) // welcome
	must(b, err)
	turn(b, ws)
}

// turn sends a message and waits for the answer, again and again.
func turn(b *testing.B, ws *websocket.Conn) {
	b.Helper()
	b.Cleanup(func() { _ = ws.CloseNow() })
	ctx, message := context.Background(), []byte(`{"type":"ping"}`)
	measure(b, func() {
		must(b, ws.Write(ctx, websocket.MessageText, message))
		_, _, err := ws.Read(ctx)
		must(b, err)
	})
}
