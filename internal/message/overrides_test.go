package message_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sallyport/sallyport/internal/message"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// TestBuiltInTemplates tries what a program without overrides does not try.
func TestBuiltInTemplates(t *testing.T) {
	w := wording()
	w.Overrides = fstest.MapFS{}
	newRenderer(t, w)
}

func TestOverrideReplacesBlocks(t *testing.T) {
	w := wording()
	w.Overrides = fstest.MapFS{
		"README.md":          file("notes"),
		"en/code.tmpl~":      file("{{broken"),
		".git/x.tmpl":        file("{{broken"),
		"en/layout.tmpl":     file(`{{define "html_page"}}<main>{{template "html" .}}{{template "motto"}}</main>{{end}}{{define "motto"}}Ahoy{{end}}`),
		"en/invitation.tmpl": file(`{{define "subject"}}Come aboard {{.AppName}}{{end}}`),
	}
	r := newRenderer(t, w)
	out, err := r.Preview(message.Invitation, message.Email, "en")
	if err != nil {
		t.Fatal(err)
	}
	if want := "Come aboard Harbour"; out.Subject != want {
		t.Errorf("subject: got %q, want %q", out.Subject, want)
	}
	if !strings.HasPrefix(out.HTML, "<main>") || !strings.Contains(out.HTML, "Ahoy") {
		t.Errorf("layout not replaced: %q", out.HTML)
	}
	if !strings.Contains(out.Text, "You are invited") {
		t.Errorf("built-in text lost: %q", out.Text)
	}
}

func TestOverridesListAllProblems(t *testing.T) {
	w := wording()
	w.Overrides = fstest.MapFS{
		"code.tmpl":              file("x"),
		"English/code.tmpl":      file("x"),
		"en/gossip.tmpl":         file("x"),
		"en/invitation.tmpl":     file(`{{define "subject"}}{{.Nme}}{{end}}`),
		"en/verify_email.tmpl":   file(`{{define "text"}}no way in{{end}}`),
		"en/factor_added.tmpl":   file(`{{define "text"}}{{.Data.factr}}{{end}}`),
		"en/account_linked.tmpl": file(`{{define "subjet"}}Hello{{end}}`),
		"en/email_changed.tmpl":  file(`{{define "subject"}}{{end`),
		"en/token_reused.tmpl":   file(`{{define "html"}}<a href={{.PublicURL}}'>{{end}}`),
		"en/code.tmpl":           file(`{{define "sms"}}your code{{end}}`),
		"de/code.tmpl":           file(`{{define "subject"}} {{/* empty */}} {{end}}{{define "what"}}{{.Link.X}}{{end}}`),
		"en/passkey_cloned.tmpl": file(strings.Repeat(" ", 1<<18+1)),
	}
	_, err := message.NewRenderer(w)
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{
		"TEMPLATES_DIR/code.tmpl: put it into the folder of its locale",
		"TEMPLATES_DIR/English: not the name of a locale",
		`TEMPLATES_DIR/en/gossip.tmpl: no message is called "gossip"`,
		"en/invitation.tmpl", "Nme",
		"en/verify_email.tmpl: the text does not say {{.Link}}",
		`"factr"`,
		`TEMPLATES_DIR/en/account_linked.tmpl: block "subjet" is neither known nor used`,
		"TEMPLATES_DIR/en/email_changed.tmpl:1",
		"en/token_reused.tmpl: html/template",
		"en/code.tmpl: the SMS does not say {{.AppName}}", "the SMS does not say {{.Code}}",
		"TEMPLATES_DIR/de/code.tmpl",
		"TEMPLATES_DIR/en/passkey_cloned.tmpl: larger than",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("problem not listed: %q", want)
		}
	}
	seen := map[string]bool{}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if seen[line] {
			t.Errorf("listed twice: %s", line)
		}
		seen[line] = true
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestRendererNeedsAnAddress(t *testing.T) {
	for _, u := range []string{"", "auth.example", "/x", "https://"} {
		w := wording()
		w.PublicURL = u
		if _, err := message.NewRenderer(w); err == nil {
			t.Errorf("PublicURL %q: got no error", u)
		}
	}
}

func TestPreviewUnknownKind(t *testing.T) {
	if _, err := newRenderer(t, wording()).Preview("gossip", message.Email, ""); err == nil {
		t.Error("got no error")
	}
}

func BenchmarkNewRenderer(b *testing.B) {
	w := wording()
	w.Overrides = fstest.MapFS{}
	for b.Loop() {
		if _, err := message.NewRenderer(w); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	r, err := message.NewRenderer(wording())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := r.Preview(message.Code, message.Email, "en"); err != nil {
			b.Fatal(err)
		}
	}
}
