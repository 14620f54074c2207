package message_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func wording() message.Wording {
	return message.Wording{AppName: "Harbour", PublicURL: "https://auth.example/", Clock: clock.NewFake(noon).Now}
}

func newRenderer(t *testing.T, w message.Wording) *message.Renderer {
	t.Helper()
	r, err := message.NewRenderer(w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func render(t *testing.T, r *message.Renderer, o message.Outgoing) message.Rendered {
	t.Helper()
	out, err := r.Render(o)
	if err != nil {
		t.Fatalf("Render(%v): %v", o, err)
	}
	return out
}

// declaredKinds reads the constants of type Kind from the source, so that a new
// one cannot be forgotten.
func declaredKinds(t *testing.T) []message.Kind {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "outgoing.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []message.Kind
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if typ, ok := v.Type.(*ast.Ident); ok && typ.Name == "Kind" {
				text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, message.Kind(text))
			}
		}
		return true
	})
	return out
}

func TestEveryKindHasATemplate(t *testing.T) {
	declared := declaredKinds(t)
	if len(declared) < 19 {
		t.Fatalf("found %d kinds in outgoing.go, want at least 19", len(declared))
	}
	r := newRenderer(t, wording())
	for _, kind := range declared {
		if !slices.Contains(message.Kinds(), kind) {
			t.Errorf("%s: not in the table of kinds", kind)
		}
		if _, err := os.Stat("templates/en/" + string(kind) + ".tmpl"); err != nil {
			t.Errorf("%s: no English template: %v", kind, err)
		}
		for _, by := range []message.Channel{message.Email, message.SMS} {
			if !kind.Travels(by) {
				continue
			}
			out, err := r.Preview(kind, by, "")
			if err != nil {
				t.Errorf("%s by %s: %v", kind, by, err)
				continue
			}
			checkWords(t, string(kind)+" by "+string(by), out.Subject+"\n"+out.Text)
		}
	}
	if len(message.Kinds()) != len(declared) {
		t.Errorf("table has %d kinds, source %d", len(message.Kinds()), len(declared))
	}
}

// checkWords looks for what a template leaves behind when something is missing.
func checkWords(t *testing.T, what, text string) {
	t.Helper()
	for _, bad := range []string{"<no value>", "{{", "}}", "  \n", "\n\n\n", "&#", "&amp;"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s: contains %q:\n%s", what, bad, text)
		}
	}
}

func TestKindsRenderWithoutData(t *testing.T) {
	r := newRenderer(t, wording())
	for _, kind := range message.Kinds() {
		o := message.ToMail(kind, "", "ada@example.org")
		o.Link, o.Code = "https://auth.example/x#token=t", "123456"
		out := render(t, r, o)
		checkWords(t, string(kind), out.Subject+"\n"+out.Text)
	}
}

func TestHTMLStandsAlone(t *testing.T) {
	r := newRenderer(t, wording())
	for _, kind := range message.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			out, err := r.Preview(kind, message.Email, "en")
			if err != nil {
				t.Fatal(err)
			}
			for el := range elements(t, out.HTML) {
				checkElement(t, el)
			}
		})
	}
}

func elements(t *testing.T, page string) func(func(*html.Node) bool) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(*html.Node) bool) {
		for n := range doc.Descendants() {
			if n.Type == html.ElementNode && !yield(n) {
				return
			}
		}
	}
}

// checkElement refuses whatever would load something from outside, and links to
// other hosts (no tracking).
func checkElement(t *testing.T, el *html.Node) {
	t.Helper()
	if slices.Contains([]string{"img", "script", "link", "style", "iframe", "object", "form", "base"}, el.Data) {
		t.Errorf("element <%s>", el.Data)
	}
	for _, a := range el.Attr {
		switch {
		case a.Key == "href":
			if u, err := url.Parse(a.Val); err != nil || u.Host != "auth.example" {
				t.Errorf("link to %q, want only auth.example", a.Val)
			}
		case a.Key == "src" || a.Key == "background" || a.Key == "srcset" || strings.HasPrefix(a.Key, "on"):
			t.Errorf("attribute %s=%q", a.Key, a.Val)
		case strings.Contains(strings.ToLower(a.Val), "url("):
			t.Errorf("style loads something: %q", a.Val)
		}
	}
}

func TestEscaping(t *testing.T) {
	w := wording()
	w.AppName = "Tom & <b>Jerry</b>"
	r := newRenderer(t, w)
	o := message.ToMail(message.AccountLinked, "", "ada@example.org")
	o.Data = map[string]string{"provider": `<script>alert(1)</script>`, "ip": `"><img src=x>`}
	out := render(t, r, o)
	for el := range elements(t, out.HTML) {
		if slices.Contains([]string{"script", "img", "b"}, el.Data) {
			t.Errorf("data became element <%s>", el.Data)
		}
	}
	if want := "Tom & <b>Jerry</b>"; !strings.Contains(out.Subject, want) || !strings.Contains(out.Text, want) {
		t.Errorf("text parts escape what they should not: %q", out.Subject)
	}
}

func TestHeaderInjection(t *testing.T) {
	nasty := "Eve\r\nBcc: all@example.org\u2028\u202eX\x00\x1b[31m\nSubject: won"
	w := wording()
	w.AppName = nasty
	r := newRenderer(t, w)
	for _, kind := range message.Kinds() {
		o := message.ToMail(kind, "", "ada@example.org")
		o.Link, o.Code = "https://auth.example/x", "123456"
		o.Data = map[string]string{}
		for _, k := range []string{"factor", "provider", "purpose", "left", "fails", "at", "ip"} {
			o.Data[k] = nasty
		}
		out := render(t, r, o)
		if i := strings.IndexFunc(out.Subject, unicode.IsControl); i >= 0 {
			t.Errorf("AU-04 %s: control character in subject %q", kind, out.Subject)
		}
		for _, bad := range []string{"\nBcc:", "\rBcc:", "\nSubject:", "\u202e", "\x1b", "\x00"} {
			if strings.Contains(out.Text, bad) || strings.Contains(out.HTML, bad) {
				t.Errorf("AU-04 %s: %q got through", kind, bad)
			}
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	r := newRenderer(t, wording())
	link := func(l string) message.Outgoing {
		o := message.ToMail(message.ResetPassword, "", "ada@example.org")
		o.Link = l
		return o
	}
	code := func(c string) message.Outgoing {
		o := message.ToPhone(message.Code, "", "+447700900123")
		o.Code = c
		return o
	}
	tests := []struct {
		name string
		o    message.Outgoing
	}{
		{"an unknown kind", message.ToMail("gossip", "", "ada@example.org")},
		{"an unknown channel", message.Outgoing{Channel: "pigeon", Kind: message.EmailChanged}},
		{"RC-02 a mailbox proof by SMS", message.ToPhone(message.VerifyEmail, "", "+447700900123")},
		{"a password link by SMS", message.ToPhone(message.ResetPassword, "", "+447700900123")},
		{"a link kind without link", link("")},
		{"a relative link", link("/reset#token=t")},
		{"a script link", link("javascript:alert(1)")},
		{"a link with a line break", link("https://auth.example/\r\nBcc: x")},
		{"a link with a space", link("https://auth.example/a b")},
		{"a link with markup", link(`https://auth.example/"><img>`)},
		{"a code kind without code", code("")},
		{"a code with a line break", code("12\n34")},
		{"a code with a space", code("12 34")},
		{"a code that is a text", code(strings.Repeat("9", 33))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if out, err := r.Render(tt.o); err == nil {
				t.Errorf("got %q, want an error", out.Subject+out.Text)
			}
		})
	}
}

func TestSMSCode(t *testing.T) {
	tests := []struct {
		name, host, want string
	}{
		{"host of the public URL", "", "\n\n@auth.example #123456"},
		{"host of the pages", "app.example", "\n\n@app.example #123456"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := wording()
			w.CodeHost = tt.host
			o := message.ToPhone(message.Code, "", "+447700900123")
			o.Code, o.ExpiresAt = "123456", noon.Add(5*time.Minute)
			out := render(t, newRenderer(t, w), o)
			want := "Harbour: 123456 is your code, for 5 minutes. Tell it to nobody." + tt.want
			if out.Text != want || out.Subject != "" || out.HTML != "" {
				t.Errorf("got %q, want %q and nothing else", out.Text, want)
			}
		})
	}
}

func TestSMSFitsOneSegmentPair(t *testing.T) {
	r := newRenderer(t, wording())
	for _, kind := range message.Kinds() {
		if !kind.Travels(message.SMS) {
			continue
		}
		out, err := r.Preview(kind, message.SMS, "en")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(out.Text); n > 160 {
			t.Errorf("%s: %d characters, want at most 160: %q", kind, n, out.Text)
		}
		if i := strings.IndexFunc(out.Text, func(c rune) bool { return c > 0x7e || strings.ContainsRune("`", c) }); i >= 0 {
			t.Errorf("%s: a character outside the GSM alphabet in %q", kind, out.Text)
		}
	}
}

func TestPurposesOfACode(t *testing.T) {
	r := newRenderer(t, wording())
	for purpose, want := range map[string]string{
		"sign_in": "Your sign-in code for Harbour", "step_up": "Your confirmation code for Harbour",
		"confirm": "Your code to set up this address for Harbour", "": "Your code for Harbour",
	} {
		o := message.ToMail(message.Code, "", "ada@example.org")
		o.Code, o.Data = "123456", map[string]string{"purpose": purpose}
		if out := render(t, r, o); out.Subject != want || strings.Contains(out.Subject, "123456") {
			t.Errorf("%q: got subject %q, want %q", purpose, out.Subject, want)
		}
	}
}

func TestExpiresIn(t *testing.T) {
	r := newRenderer(t, wording())
	tests := []struct {
		life time.Duration
		want string
	}{
		{0, ""},
		{5 * time.Second, "for 1 minute."},
		{10*time.Minute - 2*time.Second, "for 10 minutes."},
		{time.Hour, "for 1 hour."},
		{90 * time.Minute, "for 90 minutes."},
		{24 * time.Hour, "for 24 hours."},
		{7 * 24 * time.Hour, "for 7 days."},
	}
	for _, tt := range tests {
		t.Run(tt.life.String(), func(t *testing.T) {
			o := message.ToMail(message.VerifyEmail, "", "ada@example.org")
			o.Link = "https://auth.example/x"
			if tt.life > 0 {
				o.ExpiresAt = noon.Add(tt.life)
			}
			out := render(t, r, o)
			if tt.want == "" && strings.Contains(out.Text, "The link works") || !strings.Contains(out.Text, tt.want) {
				t.Errorf("want %q in %q", tt.want, out.Text)
			}
		})
	}
}

func TestLocales(t *testing.T) {
	w := wording()
	w.Locale = "de"
	w.Overrides = fstest.MapFS{
		"de/email_changed.tmpl":    {Data: []byte(`{{define "subject"}}Adresse geändert{{end}}`)},
		"pt/email_changed.tmpl":    {Data: []byte(`{{define "subject"}}pt{{end}}`)},
		"pt-BR/email_changed.tmpl": {Data: []byte(`{{define "text"}}br {{.Locale}}{{end}}`)},
	}
	r := newRenderer(t, w)
	if got := r.Locales(); !slices.Equal(got, []string{"de", "en", "pt", "pt-BR"}) {
		t.Errorf("locales: got %v", got)
	}
	tests := []struct {
		asked, subject, text string
	}{
		{"", "Adresse geändert", "The e-mail address of your account was changed."},
		{"de-AT-1996", "Adresse geändert", ""},
		{"PT-br", "pt", "br pt-BR"},
		{"pt-PT", "pt", "The e-mail"},
		{"xx", "Adresse geändert", ""},
		{"en-GB", "The e-mail address of your Harbour account was changed", ""},
		{"../../etc", "Adresse geändert", ""},
	}
	for _, tt := range tests {
		t.Run("asked for "+tt.asked, func(t *testing.T) {
			o := message.ToMail(message.EmailChanged, "", "ada@example.org")
			o.Locale = tt.asked
			out := render(t, r, o)
			if out.Subject != tt.subject || !strings.Contains(out.Text, tt.text) {
				t.Errorf("got %q / %q, want %q / %q", out.Subject, out.Text, tt.subject, tt.text)
			}
		})
	}
}
