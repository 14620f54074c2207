package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/httpapi/middleware"
)

// fixed is a resolver that always says the same.
type fixed netip.Addr

func (f fixed) Client(*http.Request) netip.Addr { return netip.Addr(f) }
func (f fixed) Key(a netip.Addr) string {
	if !a.IsValid() {
		return "unknown"
	}
	return "key of " + a.String()
}

func TestOrigin(t *testing.T) {
	origin := func(from fixed, agent string) audit.Origin {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("User-Agent", agent)
		r = r.WithContext(audit.WithOrigin(r.Context(), audit.Origin{RequestID: "req-1"}))
		var got audit.Origin
		serve(middleware.Origin(from), func(_ http.ResponseWriter, r *http.Request) { got = audit.OriginOf(r.Context()) }, r)
		return got
	}
	t.Run("RL-07 address and key come from the resolver", func(t *testing.T) {
		got := origin(fixed(netip.MustParseAddr("2001:db8::1")), "curl/8")
		want := audit.Origin{ClientIP: "2001:db8::1", Prefix: "key of 2001:db8::1", UserAgent: "curl/8", RequestID: "req-1"}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
	t.Run("an address nobody knows", func(t *testing.T) {
		if got := origin(fixed{}, ""); got.ClientIP != "" || got.Prefix != "unknown" {
			t.Errorf("got %+v, want no address and the shared key", got)
		}
	})
	t.Run("AU-04 a user agent is cut and cleaned", func(t *testing.T) {
		got := origin(fixed{}, "a\x1b[31m\u202e\x00\r\n"+strings.Repeat("x", 1<<20)).UserAgent
		if len(got) > audit.MaxUserAgent || strings.ContainsAny(got, "\x1b\u202e\x00\r\n") {
			t.Errorf("got %d bytes: %.40q", len(got), got)
		}
	})
}
