package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/httpapi/middleware"
	"github.com/sallyport/sallyport/internal/ident"
)

func TestRequestID(t *testing.T) {
	tests := []struct {
		name    string
		sent    []string
		trusted bool
		kept    bool
	}{
		{"none sent", nil, true, false},
		{"a proxy's id is kept", []string{"01HZX.abc_DEF-9"}, true, true},
		{"a stranger's id is not", []string{"01HZX.abc_DEF-9"}, false, false},
		{"two ids", []string{"01HZX.abc_DEF-9", "01HZX.abc_DEF-9"}, true, false},
		{"too short", []string{"1234567"}, true, false},
		{"8 characters", []string{"12345678"}, true, true},
		{"64 characters", []string{strings.Repeat("a", 64)}, true, true},
		{"too long", []string{strings.Repeat("a", 65)}, true, false},
		{"AU-04 line end", []string{"12345678\r\nX: y"}, true, false},
		{"AU-04 markup", []string{"<script>12345"}, true, false},
		{"AU-04 not ASCII", []string{"ÄÖÜäöüßÄÖÜ"}, true, false},
		{"empty", []string{""}, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			if tt.sent != nil {
				r.Header["X-Request-Id"] = tt.sent
			}
			var inside string
			w := serve(middleware.RequestID(func(*http.Request) bool { return tt.trusted }), func(_ http.ResponseWriter, r *http.Request) {
				inside = audit.OriginOf(r.Context()).RequestID
			}, r)
			got := w.Header().Get("X-Request-Id")
			if got != inside {
				t.Errorf("the header says %q, the context %q", got, inside)
			}
			if kept := len(tt.sent) > 0 && got == tt.sent[0]; kept != tt.kept || !kept && !ident.Valid(got) {
				t.Errorf("got %q, kept %v, want kept %v or a fresh id", got, kept, tt.kept)
			}
		})
	}
}
