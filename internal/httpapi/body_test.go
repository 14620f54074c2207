package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/fault"
)

func TestBody(t *testing.T) {
	f := newFrame(t)
	registerLogin(f)
	h := f.build(t)
	const target = "/api/v1/auth/login"
	good := `{"email":"a@example.org","password":"pw"}`
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

	if w := call(h, "POST", target, good); w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"email":"a@example.org"}` {
		t.Fatalf("a good body: got %d %s, want 200 with the address", w.Code, w.Body)
	}

	tests := []struct {
		name, body, headers string
		status              int
		code                fault.Code
		field, fieldCode    string
	}{
		{name: "OP-04 unknown field", body: `{"email":"a@example.org","password":"pw","role":"admin"}`, status: 422, field: "role", fieldCode: "unknown_field"},
		{name: "OP-04 mass assignment of email_verified", body: `{"email":"a@example.org","password":"pw","email_verified":true}`, status: 422, field: "email_verified", fieldCode: "unknown_field"},
		{name: "OP-04 field in another case is unknown", body: `{"Email":"a@example.org","email":"a@example.org","password":"pw"}`, status: 422, field: "Email", fieldCode: "unknown_field"},
		{name: "OP-04 field in another case does not count", body: `{"EMAIL":"a@example.org","password":"pw"}`, status: 422, field: "EMAIL", fieldCode: "unknown_field"},
		{name: "OP-04 wrong type", body: `{"email":["a@example.org"],"password":"pw"}`, status: 422, field: "email", fieldCode: "wrong_type"},
		{name: "OP-04 number for text", body: `{"email":"a@example.org","password":12345678}`, status: 422, field: "password", fieldCode: "wrong_type"},
		{name: "OP-04 null for required", body: `{"email":"a@example.org","password":null}`, status: 422, field: "password", fieldCode: "wrong_type"},
		{name: "OP-04 missing field", body: `{"email":"a@example.org"}`, status: 422, field: "password", fieldCode: "required"},
		{name: "OP-04 array for object", body: `[]`, status: 422, field: "body", fieldCode: "wrong_type"},
		{name: "OP-04 null for object", body: `null`, status: 422, field: "body", fieldCode: "wrong_type"},
		{name: "OP-04 text for object", body: `"x"`, status: 422, field: "body", fieldCode: "wrong_type"},
		{name: "OP-04 not an address", body: `{"email":"s3cret-canary, x","password":"pw"}`, status: 422, field: "email", fieldCode: "format"},
		{name: "OP-04 too long", body: `{"email":"a@example.org","password":"` + strings.Repeat("s3cret-canary", 100) + `"}`, status: 422, field: "password", fieldCode: "too_long"},
		{name: "OP-04 duplicate key", body: `{"email":"a@example.org","email":"b@example.org","password":"pw"}`, status: 400},
		{name: "OP-04 duplicate key by escape", body: `{"email":"a@example.org","em\u0061il":"b@example.org","password":"pw"}`, status: 400},
		{name: "OP-04 duplicate key deep down", body: `{"email":{"a":{"x":1,"x":2}},"password":"pw"}`, status: 400},
		{name: "OP-04 depth 33", body: deep(33), status: 400},
		{name: "OP-04 depth 20000", body: deep(20000), status: 400},
		{name: "OP-04 depth 32 is read", body: deep(32), status: 422, field: "body", fieldCode: "wrong_type"},
		{name: "OP-04 trailing data", body: good + `{}`, status: 400},
		{name: "OP-04 trailing bracket", body: good + `]`, status: 400},
		{name: "OP-04 cut off", body: good[:20], status: 400},
		{name: "OP-04 invalid UTF-8", body: "{\"email\":\"a\xff@example.org\",\"password\":\"pw\"}", status: 400},
		{name: "OP-04 lone surrogate", body: `{"email":"a@example.org","password":"\ud800"}`, status: 400},
		{name: "OP-04 NUL", body: `{"email":"a@example.org","password":"p\u0000w"}`, status: 400},
		{name: "OP-04 number out of range", body: `{"email":1e400,"password":"pw"}`, status: 400},
		{name: "OP-04 NaN", body: `{"email":NaN,"password":"pw"}`, status: 400},
		{name: "OP-04 comment", body: `{"email":"a@example.org",/**/"password":"pw"}`, status: 400},
		{name: "OP-04 trailing comma", body: `{"email":"a@example.org","password":"pw",}`, status: 400},
		{name: "OP-04 byte order mark", body: "\xef\xbb\xbf" + good, status: 400},
		{name: "OP-04 no body", body: "", status: 400},
		{name: "OP-04 spaces only", body: "   ", status: 400},
		{name: "OP-04 64 KiB and one byte", body: `{"email":"` + strings.Repeat("a", 64<<10) + `"}`, status: 413, code: fault.CodeTooLarge},
		{name: "TK-15 form", body: good, headers: "application/x-www-form-urlencoded", status: 415, code: fault.CodeUnsupportedMedia},
		{name: "TK-15 text", body: good, headers: "text/plain", status: 415, code: fault.CodeUnsupportedMedia},
		{name: "TK-15 no content type", body: good, headers: "", status: 415, code: fault.CodeUnsupportedMedia},
		{name: "OP-04 another charset", body: good, headers: "application/json; charset=utf-16", status: 415, code: fault.CodeUnsupportedMedia},
		{name: "OP-04 a kind of JSON", body: good, headers: "application/ld+json", status: 415, code: fault.CodeUnsupportedMedia},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var headers []string
			if tt.code == fault.CodeUnsupportedMedia {
				headers = []string{"Content-Type", tt.headers}
			}
			w := call(h, "POST", target, tt.body, headers...)
			if tt.code == "" {
				tt.code = map[int]fault.Code{400: fault.CodeMalformed, 422: fault.CodeInvalidRequest}[tt.status]
			}
			p := wantProblem(t, w, tt.status, tt.code)
			if strings.Contains(w.Body.String(), "s3cret-canary") {
				t.Errorf("the refused value is repeated: %s", w.Body)
			}
			if tt.field == "" {
				return
			}
			for _, got := range p.Fields {
				if got.Path == tt.field && got.Code == tt.fieldCode {
					return
				}
			}
			t.Errorf("fields: got %+v, want %s %s among them", p.Fields, tt.field, tt.fieldCode)
		})
	}

	t.Run("OP-04 exactly 64 KiB is read", func(t *testing.T) {
		body := good + strings.Repeat(" ", 64<<10-len(good))
		if w := call(h, "POST", target, body); w.Code != http.StatusOK {
			t.Errorf("got %d %s, want 200", w.Code, w.Body)
		}
	})
	t.Run("OP-04 charset utf-8 is allowed", func(t *testing.T) {
		if w := call(h, "POST", target, good, "Content-Type", `Application/JSON; Charset="UTF-8"`); w.Code != http.StatusOK {
			t.Errorf("got %d %s, want 200", w.Code, w.Body)
		}
	})
	t.Run("OP-04 content coding", func(t *testing.T) {
		wantProblem(t, call(h, "POST", target, good, "Content-Encoding", "gzip"), 415, fault.CodeUnsupportedMedia)
	})
	t.Run("AU-03 nothing secret is logged", func(t *testing.T) {
		if strings.Contains(f.log.String(), "s3cret-canary") {
			t.Errorf("the log repeats a refused value")
		}
	})
}
