package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/netaddr"
)

// world is the whole face of the server on a real listener.
type world struct {
	*frame
	registry *prometheus.Registry
	addr     string
	url      string
}

// newWorld serves a few routes behind the full stack. The read time-out is
// short, so that the tests of slow clients are.
func newWorld(t *testing.T, readTimeout time.Duration) *world {
	t.Helper()
	f := newFrame(t)
	registerLogin(f)
	httpapi.Register(f.API, route("POST", "/api/v1/auth/logout", "logout", httpapi.Public), noop)
	httpapi.Register(f.API, route("GET", "/api/v1/me", "me", httpapi.Access), func(context.Context, *struct{}) (*whoOutput, error) { return &whoOutput{}, nil })
	httpapi.Register(f.API, route("DELETE", "/api/v1/me", "deleteMe", httpapi.Access), noop)
	httpapi.Register(f.API, route("GET", "/api/v1/things/{id}", "thing", httpapi.Public), func(_ context.Context, in *thingInput) (*whoOutput, error) {
		out := &whoOutput{}
		out.Body.Who = in.ID
		return out, nil
	})
	httpapi.Register(f.API, route("GET", "/api/v1/panic", "panic", httpapi.Public), func(context.Context, *struct{}) (*struct{}, error) { panic("canary") })
	httpapi.RegisterHealth(f.API, []string{"read"}, nil)
	httpapi.RegisterDocs(f.API, []string{"read"})

	resolver, err := netaddr.New(nil, netaddr.DefaultV6Bits)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{frame: f, registry: prometheus.NewRegistry()}
	log := slog.New(slog.DiscardHandler)
	h, err := httpapi.Stack{
		Log: log, Now: clock.System, Refuse: f.WriteProblem, Resolver: resolver,
		Metrics: w.registry, Origins: []string{"https://app.example.org"}, HTTPS: true,
	}.Wrap(f.build(t))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = httpapi.NewServer(h, log)
	if readTimeout > 0 {
		srv.Config.ReadTimeout, srv.Config.ReadHeaderTimeout = readTimeout, readTimeout
	}
	srv.Start()
	t.Cleanup(srv.Close)
	w.url, w.addr = srv.URL, srv.Listener.Addr().String()
	return w
}

type thingInput struct {
	ID    string `path:"id" maxLength:"36"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

// raw sends bytes as they are and reads one answer.
func (w *world) raw(t *testing.T, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(clock.System().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Logf("the server stopped reading: %v", err)
	}
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("no answer to %.60q: %v", request, err)
	}
	return res
}

// request writes a request of that method and target with these header lines.
func request(method, target, body string, lines ...string) string {
	head := method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n"
	if body != "" {
		head += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	for _, l := range lines {
		head += l + "\r\n"
	}
	return head + "\r\n" + body
}

const jsonLine = "Content-Type: application/json"

func TestAttacks(t *testing.T) {
	w := newWorld(t, 0)
	const login, good = "/api/v1/auth/login", `{"email":"a@example.org","password":"pw"}`
	tests := []struct {
		name, request string
		status        int
		code          fault.Code
	}{
		{"no such path", request("GET", "/api/v1/nothing", ""), 404, fault.CodeNotFound},
		{"no such path outside the API", request("GET", "/.git/config", ""), 404, fault.CodeNotFound},
		{"root", request("GET", "/", ""), 404, fault.CodeNotFound},
		{"slash at the end", request("GET", "/api/v1/me/", ""), 404, fault.CodeNotFound},
		{"two slashes", request("GET", "/api//v1/me", ""), 404, fault.CodeNotFound},
		{"two slashes at the front", request("GET", "//api/v1/me", ""), 404, fault.CodeNotFound},
		{"nothing but slashes", request("GET", "//", ""), 404, fault.CodeNotFound},
		{"dots", request("GET", "/api/v1/../v1/me", ""), 404, fault.CodeNotFound},
		{"dot", request("GET", "/api/v1/./me", ""), 404, fault.CodeNotFound},
		{"dots above the root", request("GET", "/../../etc/passwd", ""), 404, fault.CodeNotFound},
		{"escaped dots", request("GET", "/api/v1/%2e%2e/v1/me", ""), 404, fault.CodeNotFound},
		{"escaped slash", request("GET", "/api/v1%2fme", ""), 404, fault.CodeNotFound},
		{"escaped slashes in a parameter", request("GET", "/api/v1/things/..%2f..%2fme", ""), 404, fault.CodeNotFound},
		{"backslashes", request("GET", `/api\v1\me`, ""), 404, fault.CodeNotFound},
		{"another case", request("GET", "/API/V1/ME", ""), 404, fault.CodeNotFound},
		{"semicolon", request("GET", "/api/v1/me;x=1", ""), 404, fault.CodeNotFound},
		{"NUL in the path", request("GET", "/api/v1/things/a%00b", ""), 400, fault.CodeMalformed},
		{"broken UTF-8 in the path", request("GET", "/api/v1/things/%ff", ""), 400, fault.CodeMalformed},
		{"NUL in the query", request("GET", "/api/v1/things/a?limit=%00", ""), 400, fault.CodeMalformed},
		{"broken escape in the query", request("GET", "/api/v1/things/a?limit=%zz", ""), 400, fault.CodeMalformed},
		{"unknown parameter", request("GET", "/api/v1/things/a?role=admin", ""), 422, fault.CodeInvalidRequest},
		{"parameter of a wrong type", request("GET", "/api/v1/things/a?limit=canary", ""), 422, fault.CodeInvalidRequest},
		{"parameter out of range", request("GET", "/api/v1/things/a?limit=101", ""), 422, fault.CodeInvalidRequest},
		{"path parameter too long", request("GET", "/api/v1/things/"+strings.Repeat("a", 37), ""), 422, fault.CodeInvalidRequest},

		{"wrong method", request("GET", login, ""), 405, fault.CodeMethodNotAllowed},
		{"made-up method", request("FROB", login, ""), 405, fault.CodeMethodNotAllowed},
		{"TRACE", request("TRACE", "/api/v1/me", ""), 405, fault.CodeMethodNotAllowed},
		{"CONNECT", "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n\r\n", 404, fault.CodeNotFound},
		{"OPTIONS", request("OPTIONS", "/api/v1/me", ""), 405, fault.CodeMethodNotAllowed},
		{"OPTIONS of everything", request("OPTIONS", "*", ""), 404, fault.CodeNotFound},
		{"HEAD of a POST route", request("HEAD", login, ""), 405, ""},
		{"HEAD of nothing", request("HEAD", "/nothing", ""), 404, ""},
		{"method override by header", request("GET", "/api/v1/auth/logout", "", "X-HTTP-Method-Override: POST", "X-Method-Override: POST"), 405, fault.CodeMethodNotAllowed},
		{"method override by query", request("POST", "/api/v1/me?_method=DELETE", "", "Authorization: Bearer "+goodAccess), 405, fault.CodeMethodNotAllowed},

		{"OP-04 announced too large", "POST " + login + " HTTP/1.1\r\nHost: localhost\r\n" + jsonLine + "\r\nContent-Length: 1000000000\r\n\r\n{", 413, fault.CodeTooLarge},
		{"OP-04 turns out too large", request("POST", login, "", jsonLine, "Transfer-Encoding: chunked") + "11000\r\n" + strings.Repeat(" ", 0x11000) + "\r\n0\r\n\r\n", 413, fault.CodeTooLarge},
		{"OP-04 broken chunk", request("POST", login, "", jsonLine, "Transfer-Encoding: chunked") + "zz\r\n", 400, fault.CodeMalformed},
		{"OP-04 deep", request("POST", login, strings.Repeat(`{"a":`, 10000), jsonLine), 400, fault.CodeMalformed},
		{"OP-04 no body", request("POST", login, "", jsonLine, "Content-Length: 0"), 400, fault.CodeMalformed},
		{"OP-04 empty chunks", request("POST", login, "", jsonLine, "Transfer-Encoding: chunked") + "0\r\n\r\n", 400, fault.CodeMalformed},
		{"OP-04 body where none is expected", request("POST", "/api/v1/auth/logout", `{"all":true}`, jsonLine), 422, fault.CodeInvalidRequest},
		{"OP-04 broken body where none is expected", request("POST", "/api/v1/auth/logout", `{"a":1,"a":2}`, jsonLine), 400, fault.CodeMalformed},
		{"TK-15 form where none is expected", request("POST", "/api/v1/auth/logout", "a=b", "Content-Type: application/x-www-form-urlencoded"), 415, fault.CodeUnsupportedMedia},
		{"TK-15 content type twice", request("POST", login, good, jsonLine, "Content-Type: text/plain"), 415, fault.CodeUnsupportedMedia},
		{"TK-15 multipart", request("POST", login, good, "Content-Type: multipart/form-data; boundary=x"), 415, fault.CodeUnsupportedMedia},

		{"TK-15 from another site", request("POST", login, good, jsonLine, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"), 403, fault.CodeCrossOrigin},
		{"TK-15 from a sister site", request("POST", login, good, jsonLine, "Sec-Fetch-Site: same-site", "Origin: https://evil.example.org"), 403, fault.CodeCrossOrigin},
		{"TK-15 from an old browser", request("POST", login, good, jsonLine, "Origin: https://app.example.org.evil.example"), 403, fault.CodeCrossOrigin},
		{"TK-15 from nowhere", request("POST", login, good, jsonLine, "Origin: null"), 403, fault.CodeCrossOrigin},
		{"OP-07 preflight of another site", request("OPTIONS", login, "", "Origin: https://evil.example", "Access-Control-Request-Method: POST"), 403, fault.CodeCrossOrigin},

		{"wants XML", request("GET", "/api/v1/health", "", "Accept: text/xml"), 406, fault.CodeNotAcceptable},
		{"wants no JSON", request("GET", "/api/v1/health", "", "Accept: application/json;q=0"), 406, fault.CodeNotAcceptable},
		{"token in the query", request("GET", "/api/v1/me?access_token="+goodAccess, ""), 401, fault.CodeUnauthenticated},
		{"OP-08 panic", request("GET", "/api/v1/panic", ""), 500, fault.CodeInternal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := w.raw(t, tt.request)
			if res.StatusCode != tt.status {
				t.Errorf("status: got %d, want %d", res.StatusCode, tt.status)
			}
			if res.Header.Get("X-Request-Id") == "" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("OP-06 the headers of every answer are missing: %v", res.Header)
			}
			if tt.status == 405 && res.Header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(body, []byte("canary")) {
				t.Errorf("the answer repeats what it must not: %s", body)
			}
			if tt.code == "" { // HEAD
				return
			}
			p := problem(t, res.StatusCode, res.Header, bytes.NewReader(body))
			if p.Code != tt.code {
				t.Errorf("code: got %s, want %s", p.Code, tt.code)
			}
			if p.RequestID != res.Header.Get("X-Request-Id") {
				t.Errorf("request id: got %q, want that of the header", p.RequestID)
			}
		})
	}
	t.Run("OP-08 the process lives", func(t *testing.T) {
		if res := w.raw(t, request("GET", "/api/v1/health/live", "")); res.StatusCode != 200 {
			t.Errorf("got %d, want 200", res.StatusCode)
		}
	})
}

func TestWhatPasses(t *testing.T) {
	w := newWorld(t, 0)
	const login, good = "/api/v1/auth/login", `{"email":"a@example.org","password":"pw"}`
	tests := []struct {
		name, request string
		status        int
	}{
		{"HEAD of a GET route", request("HEAD", "/api/v1/health", ""), 200},
		{"odd Accept", request("GET", "/api/v1/health", "", "Accept: ;;q=,a;q=0.x,*/*;q=0.1"), 200},
		{"Accept that once broke a parser", request("GET", "/api/v1/health", "", "Accept: application/json;q"), 200},
		{"empty Accept", request("GET", "/api/v1/health", "", "Accept:"), 200},
		{"escaped letter", request("GET", "/api/v1/m%65", "", "Authorization: Bearer "+goodAccess), 200},
		{"odd id", request("GET", "/api/v1/things/a%20%3Cb%3E", ""), 200},
		{"no body where none is expected", request("POST", "/api/v1/auth/logout", "", "Content-Length: 0"), 204},
		{"empty object where none is expected", request("POST", "/api/v1/auth/logout", "{}", jsonLine), 204},
		{"chunks", request("POST", login, "", jsonLine, "Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(good), good), 200},
		{"TK-15 from this site", request("POST", login, good, jsonLine, "Sec-Fetch-Site: same-origin", "Origin: http://localhost"), 200},
		{"TK-15 from a listed site", request("POST", login, good, jsonLine, "Sec-Fetch-Site: cross-site", "Origin: https://app.example.org"), 200},
		{"OP-07 preflight of a listed site", request("OPTIONS", login, "", "Origin: https://app.example.org", "Access-Control-Request-Method: POST"), 204},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := w.raw(t, tt.request)
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != tt.status {
				t.Errorf("got %d %s, want %d", res.StatusCode, body, tt.status)
			}
			if got := res.Header.Get("Cache-Control"); !strings.Contains(tt.request, "OPTIONS") && got != "no-store" {
				t.Errorf("TK-13 Cache-Control: got %q, want no-store", got)
			}
		})
	}
}

func TestAllow(t *testing.T) {
	w := newWorld(t, 0)
	for target, want := range map[string]string{
		"/api/v1/me":          "DELETE, GET, HEAD",
		"/api/v1/auth/logout": "POST",
		"/api/v1/things/a":    "GET, HEAD",
	} {
		if got := w.raw(t, request("PUT", target, "")).Header.Get("Allow"); got != want {
			t.Errorf("Allow of %s: got %q, want %q", target, got, want)
		}
	}
}

func TestSlowClients(t *testing.T) {
	w := newWorld(t, 200*time.Millisecond)
	t.Run("OP-05 a body that does not come is 408", func(t *testing.T) {
		res := w.raw(t, "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\n"+jsonLine+"\r\nContent-Length: 100\r\n\r\n{\"email\":")
		p := problem(t, res.StatusCode, res.Header, res.Body)
		if res.StatusCode != 408 || p.Code != fault.CodeRequestTimeout || !res.Close {
			t.Errorf("got %d %s, closing %v; want 408 %s and the connection closed", res.StatusCode, p.Code, res.Close, fault.CodeRequestTimeout)
		}
	})
	t.Run("OP-05 a header that does not come ends the connection", func(t *testing.T) {
		conn, err := net.Dial("tcp", w.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: local"); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(clock.System().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("got %v, want the end of the connection", err)
		}
	})
	t.Run("OP-05 a header of more than 16 KiB is refused", func(t *testing.T) {
		res := w.raw(t, request("GET", "/", "", "X-Pad: "+strings.Repeat("a", 21<<10)))
		if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("got %d, want 431", res.StatusCode)
		}
	})
}

func TestNewServer(t *testing.T) {
	s := httpapi.NewServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	got := fmt.Sprint(s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout, s.MaxHeaderBytes)
	if want := "5s 15s 30s 1m0s 16384"; got != want {
		t.Errorf("OP-05 got %s, want %s", got, want)
	}
}
