package walls_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// breaches lists every import that a wall refuses. Test files may import what
// they like, except what is random without being unguessable.
func breaches(all []*source) (found []string) {
	for _, s := range all {
		room := roomOf(s.folder)
		for _, imported := range s.imports {
			if why := importRefusal(s, room, imported); why != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", s.name, imported, why))
			}
		}
	}
	return found
}

func importRefusal(s *source, room, imported string) string {
	if s.isTest() {
		if imported == "math/rand" {
			return "math/rand/v2 with a fixed seed is for tests, or crypto/rand"
		}
		return ""
	}
	if s.syntax.Name.Name == "main" && room != "cmd" {
		return "" // a generator, run by hand
	}
	if folder, ours := strings.CutPrefix(imported, module); ours {
		return refusal(room, roomOf(folder))
	}
	return foreignRefusal(room, imported)
}

func TestArrowsPointDown(t *testing.T) {
	all := sources(t, house())
	if len(all) < 50 {
		t.Fatalf("source files: got %d, want the whole repository", len(all))
	}
	for _, breach := range breaches(all) {
		t.Error(breach)
	}
}

func TestEveryRoomIsOnTheMap(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t, house()) {
		room := roomOf(s.folder)
		if !seen[room] && levelOf(room) < 0 && !forTests(room) {
			t.Errorf("%s: room %q is not in levels", s.folder, room)
		}
		seen[room] = true
	}
}

// TestWallsRefuse lays out one file for each kind of wall and shows it refused;
// the last ones show the doors.
func TestWallsRefuse(t *testing.T) {
	tests := []struct{ file, imported, want string }{
		{"internal/ident/x.go", module + "internal/fault", "one level"},
		{"internal/ident/x.go", module + "internal/account", "arrows point down"},
		{"internal/clock/x.go", "net/http", "knows no HTTP"},
		{"internal/account/x.go", module + "internal/signin", "arrows point down"},
		{"internal/account/x.go", module + "internal/store", "arrows point down"},
		{"internal/account/x.go", module + "internal/token", "sideways"},
		{"internal/audit/x.go", module + "internal/session", "sideways"},
		{"internal/session/x.go", "net/http/httptest", "knows no HTTP"},
		{"internal/signin/x.go", module + "internal/config", "only app, cmd may import config"},
		{"internal/signin/x.go", module + "internal/factor/totp", "arrows point down"},
		{"internal/signin/x.go", module + "internal/enrolment", "sideways"},
		{"internal/factor/x.go", module + "internal/factor/totp", "arrows point down"},
		{"internal/factor/totp/x.go", module + "internal/factor/sms", "one level"},
		{"internal/factor/totp/inner/x.go", module + "internal/factor/sms/inner", "one level"},
		{"internal/provider/google/x.go", module + "internal/provider/github", "one level"},
		{"internal/message/smtp/x.go", module + "internal/message/courier", "one level"},
		{"internal/limit/redis/x.go", module + "internal/bus/redis", "one level"},
		{"internal/httpapi/x.go", module + "internal/store", "one level"},
		{"internal/httpapi/x.go", module + "internal/gateway", "one level"},
		{"internal/httpapi/middleware/x.go", module + "internal/store/queries", "one level"},
		{"internal/gateway/x.go", module + "web", "only app may import web"},
		{"internal/store/x.go", module + "internal/app", "only cmd may import app"},
		{"internal/store/x.go", module + "internal/config", "only app, cmd may import config"},
		{"internal/app/x.go", module + "internal/testbed", "tests only"},
		{"internal/store/x.go", module + "internal/message/messagetest", "tests only"},
		{"internal/account/x.go", module + "internal/novelty", "not on the map"},
		{"internal/novelty/x.go", module + "internal/fault", "not on the map"},
		{"internal/app/x.go", "database/sql", "only the store speaks SQL"},
		{"internal/httpapi/x.go", "github.com/jackc/pgx/v5/pgconn", "only the store speaks SQL"},
		{"internal/app/x.go", "log", "log/slog"},
		{"internal/factor/password/guess/x.go", "github.com/trustelem/zxcvbn/frequency", "eight megabytes"},
		{"internal/token/x.go", "math/rand/v2", "must not be guessed"},
		{"internal/token/x_test.go", "math/rand", "fixed seed"},
		{"internal/store/x.go", "testing", "tests only"},
		{"cmd/sallyport/x.go", module + "internal/testbed", "tests only"},

		{"cmd/sallyport/x.go", module + "internal/app", ""},
		{"internal/app/x.go", module + "internal/factor/totp", ""},
		{"internal/app/x.go", module + "web", ""},
		{"internal/provider/google/x.go", module + "internal/provider/oidc", ""},
		{"internal/app/x.go", "log/slog", ""},
		{"internal/httpapi/x.go", module + "internal/httpapi/middleware", ""},
		{"internal/httpapi/x.go", module + "internal/signin", ""},
		{"internal/store/x.go", "database/sql", ""},
		{"internal/store/x_test.go", module + "internal/testbed", ""},
		{"internal/limit/redis/redis_test.go", module + "internal/limit/limittest", ""},
		{"internal/limit/limittest/suite.go", "testing", ""},
		{"internal/audit/x.go", module + "internal/message", ""},
		{"internal/factor/totp/x.go", module + "internal/factor", ""},
		{"internal/factor/password/x.go", module + "internal/factor/password/inner", ""},
	}
	for _, tt := range tests {
		t.Run(tt.file+" imports "+tt.imported, func(t *testing.T) {
			tree := fstest.MapFS{tt.file: {Data: []byte("package x\n\nimport _ \"" + tt.imported + "\"\n")}}
			got := strings.Join(breaches(sources(t, tree)), "\n")
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("breaches: got %q, want one that says %q", got, tt.want)
			}
		})
	}
}
