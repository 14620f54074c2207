package message_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/message"
)

func TestOneLine(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"plain", "Ada Lovelace", "Ada Lovelace"},
		{"line breaks", "a\r\nb\nc\u2028d", "a b c d"},
		{"ANSI and NUL", "\x1b[31mred\x00", "[31mred"},
		{"direction override", "pdf\u202egpj.exe", "pdf gpj.exe"},
		{"zero width space", "pay\u200bpal", "pay pal"},
		{"joiners stay", "\u0646\u0627\u200c\u0645", "\u0646\u0627\u200c\u0645"},
		{"bad UTF-8", "a\xff\xfeb", "ab"},
		{"long", strings.Repeat("ä", 30), strings.Repeat("ä", 19) + "…"},
	}
	for _, tt := range tests {
		t.Run("AU-04 "+tt.name, func(t *testing.T) {
			if got := message.OneLine(tt.in, 20); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzOneLine(f *testing.F) {
	f.Add("a\r\nBcc: b", 20)
	f.Add("\x1b]0;x\x07\u202e\xff", 3)
	f.Fuzz(func(t *testing.T, in string, limit int) {
		limit = min(max(limit, 1), 1000)
		got := message.OneLine(in, limit)
		if strings.ContainsFunc(got, unicode.IsControl) || !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
			t.Errorf("OneLine(%q, %d) = %q", in, limit, got)
		}
	})
}

func TestAU03PrintingAMessageShowsNoSecret(t *testing.T) {
	o := message.ToMail(message.Code, "u1", "ada@example.org")
	o.Code, o.Link, o.Token, o.Data = "493017", "https://x/canary", "canary", map[string]string{"a": "canary"}
	q := message.Queued{Outgoing: o, Attempts: 2}
	r := message.Rendered{Subject: "canary", Text: "canary", HTML: "canary"}
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "o", o, "q", q, "r", r)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{o, q, r, &o, &q, &r} {
			fmt.Fprintf(&b, verb, v)
		}
	}
	for _, canary := range []string{"canary", "493017", "ada@example.org"} {
		if strings.Contains(b.String(), canary) {
			t.Errorf("found %q in %s", canary, b.String())
		}
	}
}
