package provider_test

import (
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/provider"
)

const front = "https://front.example"

func targets() provider.Targets {
	return provider.Targets{Base: front, Paths: []string{"/*"}, Apps: []string{"com.example.app:/signed-in"}}
}

// corpus reads the addresses that must not be followed.
func corpus(tb testing.TB) []string {
	tb.Helper()
	raw, err := os.ReadFile("testdata/open-redirects.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "# ") {
			continue
		}
		s, err := strconv.Unquote(`"` + strings.ReplaceAll(line, `"`, `\"`) + `"`)
		if err != nil {
			s = line // a backslash that is no escape stands for itself
		}
		out = append(out, s)
	}
	return out
}

func TestOpenRedirectCorpus(t *testing.T) {
	all := corpus(t)
	if len(all) < 60 {
		t.Fatalf("corpus: got %d lines, want at least 60", len(all))
	}
	for _, asked := range all {
		t.Run("OA-11 "+strconv.QuoteToASCII(asked), func(t *testing.T) {
			if got := targets().Resolve(asked); got != front+"/" {
				t.Errorf("Resolve(%q): got %q, want the first page", asked, got)
			}
		})
	}
}

func TestAllowedTargets(t *testing.T) {
	narrow := provider.Targets{Base: front + "/base", Paths: []string{"/welcome", "/app/*"}, Apps: []string{"com.example.app:/signed-in"}}
	for _, tc := range []struct {
		name, asked, want string
		in                provider.Targets
	}{
		{"nothing asked", "", front + "/", targets()},
		{"the first page", "/", front + "/", targets()},
		{"a path", "/welcome", front + "/welcome", targets()},
		{"a path with a query", "/welcome?tab=1&x=a-b_c.d~e", front + "/welcome?tab=1&x=a-b_c.d~e", targets()},
		{"the first page with a query", "/?tab=1", front + "/?tab=1", targets()},
		{"a deep path", "/a/b/c.html", front + "/a/b/c.html", targets()},
		{"an app as it stands", "com.example.app:/signed-in", "com.example.app:/signed-in", targets()},
		{"an app with more behind", "com.example.app:/signed-in/x", front + "/", targets()},
		{"listed exactly", "/welcome", front + "/base/welcome", narrow},
		{"below one listed exactly", "/welcome/x", front + "/base/", narrow},
		{"the top of a tree", "/app", front + "/base/app", narrow},
		{"in a tree", "/app/x/y", front + "/base/app/x/y", narrow},
		{"a name that begins like a tree", "/apple", front + "/base/", narrow},
		{"not listed", "/other", front + "/base/", narrow},
		{"too long", "/" + strings.Repeat("a", 512), front + "/", targets()},
	} {
		t.Run("OA-11 "+tc.name, func(t *testing.T) {
			if got := tc.in.Resolve(tc.asked); got != tc.want {
				t.Errorf("Resolve(%q): got %q, want %q", tc.asked, got, tc.want)
			}
		})
	}
}

// FuzzResolve holds that whatever is asked, a browser stays on the front end's
// origin.
func FuzzResolve(f *testing.F) {
	for _, s := range corpus(f) {
		f.Add(s)
	}
	f.Add("/welcome?tab=1")
	f.Fuzz(func(t *testing.T, asked string) {
		got := targets().Resolve(asked)
		if got == "com.example.app:/signed-in" && asked == got {
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Scheme+"://"+u.Host != front || u.User != nil || u.Fragment != "" {
			t.Fatalf("Resolve(%q): got %q, which leaves %s", asked, got, front)
		}
		if strings.ContainsAny(got[len(front):], "\\\r\n\t\x00%@: ") || strings.Contains(got[len(front):], "//") {
			t.Fatalf("Resolve(%q): got %q, which some reader may take for another place", asked, got)
		}
	})
}
