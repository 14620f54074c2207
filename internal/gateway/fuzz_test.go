package gateway_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/token"
	"github.com/sallyport/sallyport/internal/topic"
)

// FuzzUpgrade holds that whatever asks for an upgrade comes from a listed page
// or with a bearer header, with one credential at most and none in the address,
// and that the answer is one 101 with what we speak.
func FuzzUpgrade(f *testing.F) {
	head := "GET " + path + "%s HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for _, s := range []string{
		fmt.Sprintf(head, "") + "Authorization: Bearer abc\r\n\r\n",
		fmt.Sprintf(head, "?after=1") + "Origin: " + home + "\r\nSec-WebSocket-Protocol: sallyport.v1, sallyport.ticket.spt_x\r\n\r\n",
		fmt.Sprintf(head, "?token=x") + "Origin: " + home + "\r\n\r\n",
		fmt.Sprintf(head, "?a=1;token=eyJ") + "Origin: " + home + "\r\n\r\n",
		fmt.Sprintf(head, "?x=%25") + "Origin: null\r\nSec-WebSocket-Protocol: ,\r\nSec-WebSocket-Protocol: \t sallyport.token.\r\n\r\n",
		"GET / HTTP/1.0\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		got, err := gateway.ReadUpgrade([]string{home}, r)
		if err != nil {
			refusals := []fault.Code{fault.CodeMalformed, fault.CodeOriginNotAllowed, fault.CodeUnauthenticated, fault.CodeInvalidToken}
			if !slices.Contains(refusals, fault.Of(err)) {
				t.Errorf("got %v, want one of %v", err, refusals)
			}
			return
		}
		origins := r.Header.Values("Origin")
		if !slices.Equal(origins, []string{home}) && (len(origins) > 0 || got.Method != "header") {
			t.Errorf("WS-01 got in with Origin %q and credential %q", origins, got.Method)
		}
		if given := got.Token != "" || got.Ticket != ""; given != (got.Method != "") || got.Token != "" && got.Ticket != "" {
			t.Errorf("WS-02 got %+v, want one credential or none", got)
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		values := slices.Concat(slices.Collect(maps.Values(query))...)
		if err != nil || slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(v, "eyJ") || strings.HasPrefix(v, "spt_") }) {
			t.Errorf("WS-02 got in with the query %q", r.URL.RawQuery)
		}
		if len(got.After) > gateway.MaxEventID {
			t.Errorf("after: got %d bytes, want at most %d", len(got.After), gateway.MaxEventID)
		}
		switching(t, got.Answer)
	})
}

// switching reads the answer as a client does.
func switching(t *testing.T, answer []byte) {
	t.Helper()
	in := bufio.NewReader(bytes.NewReader(answer))
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("%q: %v", answer, err)
	}
	defer resp.Body.Close()
	spoken := resp.Header.Get("Sec-Websocket-Protocol")
	if resp.StatusCode != http.StatusSwitchingProtocols || len(resp.Header) > 4 || spoken != "" && spoken != gateway.Protocol || in.Buffered() > 0 {
		t.Errorf("%q: got more than one 101 with what we speak", answer)
	}
}

// FuzzGrant holds that a text opens a topic only if it is the grant that was
// issued, and only for whom, where and until when.
func FuzzGrant(f *testing.F) {
	g := gateway.Grants{MACs: ring(f), Clock: func() time.Time { return noon }}
	good, until, err := g.Issue("u1", []string{"rooms/7", "news/*"}, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, "u1", "rooms/7")
	f.Add(good, "u2", "rooms/7")
	f.Add(good+"\n", "u1", "news/a")
	f.Add(good[:len(good)-1], "u1", "news/a")
	f.Add("spg_e30.AA", "", "")
	f.Fuzz(func(t *testing.T, text, user, name string) {
		got := g.Allows(text, token.Claims{Subject: user}, name)
		if got.IsZero() {
			return
		}
		fits := topic.Valid(name) && (name == "rooms/7" || strings.HasPrefix(name, "news/"))
		if text != good || user != "u1" || !fits || !got.Equal(until) {
			t.Errorf("WS-05 %q lets %q listen to %q until %v", text, user, name, got)
		}
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// FuzzHistory holds what a client that comes back is told to a plain list: each
// byte of the program adds an event, asks for what came after one, or forgets.
func FuzzHistory(f *testing.F) {
	f.Add(uint8(3), uint8(20), []byte{10, 20, 30, 200, 40, 250, 11, 201})
	f.Add(uint8(1), uint8(0), []byte{1, 1, 1, 255, 1, 199})
	f.Fuzz(func(t *testing.T, events, size uint8, program []byte) {
		maxEvents, maxBytes := int(events%8)+1, int(size)
		h := gateway.NewHistory(maxEvents, maxBytes)
		var kept []string
		for i, op := range program {
			switch {
			case op == 255:
				h.Forget()
				kept = nil
			case op >= 200 && len(kept) > 0:
				compare(t, h, kept)
			default:
				frame := strings.Repeat("x", 1+int(op)%20)
				if !h.Add("u", fmt.Sprint(i), frame) {
					t.Fatalf("event %d: got refused, want taken", i)
				}
				kept = append(kept, fmt.Sprint(i)+":"+frame)
				for len(kept) > maxEvents || len(kept) > 1 && bytesOf(kept) > maxBytes {
					kept = kept[1:]
				}
			}
		}
		if len(kept) > 0 {
			compare(t, h, kept)
		}
		if _, ok := h.After("unknown", maxBytes, "u"); ok {
			t.Error("after an id that never was: got an answer, want a gap")
		}
	})
}

// FuzzBus holds that nothing which lies on the bus stops a node, and that only
// what could have been published is delivered.
func FuzzBus(f *testing.F) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	r := startRig(newRig(f, l, nil), l, nil)
	for _, s := range []string{
		`{"to":{"user":"u"},"event":{"id":"1","name":"n","data":{"a":1}}}`, `{"to":{"topic":"a//b"},"event":{"id":"2","name":"n"}}`,
		`{"to":{"user":"u","session":"s"},"event":{"id":"3","name":"n"}}`, `{"node":"n","ask":"q","user":"u"}`,
		`{"node":"n","answer":{"node":"m"},"ask":"q"}`, `{"node":"n","bye":true,"evict":{}}`, `[`, `null`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r.gw.Hear(body)
		r.gw.Take(bus.Message{Body: body})
		var p struct {
			To    gateway.Audience
			Event gateway.Event
		}
		if json.Unmarshal(body, &p) != nil || !r.gw.Remembered(p.Event.ID) {
			return
		}
		if e := p.Event; e.ID == "" || len(e.ID) > gateway.MaxEventID || e.Name == "" || len(e.Name) > gateway.MaxEventName || p.To.Topic != "" && !topic.Valid(p.To.Topic) {
			t.Errorf("delivered %q", body)
		}
		r.gw.Take(bus.Message{Gap: true}) // forgets
	})
}
