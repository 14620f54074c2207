package config

import (
	"io"
	"strings"
)

// reference returns the table as it stands in the documentation: with no
// setting given, under the standard profile.
func reference() []Group {
	var c Config
	c.OAuth.OIDC = []OIDC{{Name: "example"}} // stands for every name
	return c.Settings()
}

// WriteExample writes `.env.auth.example`: every setting, commented out.
func WriteExample(w io.Writer) error {
	var b strings.Builder
	b.WriteString(`# Settings of Sallyport. Copy this file, take out the # in front of what you
# change, keep it readable by the server only (chmod 600), and start with
#   sallyport serve --env-file FILE
# A variable of the environment wins over this file. Nothing is expanded; quotes
# around a value are dropped. Made by ` + "`go run ./internal/config/gen`" + `.
`)
	for _, g := range reference() {
		b.WriteString("\n\n# " + g.Title + "\n# " + strings.Repeat("=", len(g.Title)) + "\n")
		comment(&b, g.About)
		for _, s := range g.Settings {
			b.WriteString("\n")
			comment(&b, s.Help)
			comment(&b, "Value: "+s.Form()+unit(s)+". Default: "+defaultWords(s, "")+".")
			b.WriteString("#" + s.Name + "=" + s.Default + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// comment writes text as comment lines of at most 79 characters.
func comment(b *strings.Builder, text string) {
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 79 {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

const introduction = `# Settings

<!-- Made by ` + "`go run ./internal/config/gen`" + `; change internal/config instead. -->

Every setting is an environment variable. The same names may stand in a file
given by ` + "`--env-file`" + `; [.env.auth.example](../.env.auth.example) lists them all.
The environment wins over the file, the file over the default. An empty value is
the same as none, unless said otherwise.

The file has one ` + "`NAME=value`" + ` a line. Nothing in it is expanded; a value may stand in
single or double quotes, which are dropped, and outside quotes a ` + "`#`" + ` after a blank
starts a comment. A name that looks like a slip of the pen stops the start; any
other unknown name is reported and ignored.

Durations are written ` + "`90s`, `10m`, `24h` or `30d`" + `, lists with commas. All problems are
reported at once, each with the way to mend it; ` + "`sallyport settings`" + ` shows the settings
in force, ` + "`sallyport doctor`" + ` checks what lies behind them.

A run is *local* while the host of ` + "`PUBLIC_URL`" + ` is ` + "`localhost`" + `, a name under ` + "`.localhost`" + `
or a loopback address. Any other run needs https, a mail server and a ` + "`SECRET_KEY`" + `.
Bounds that come from a standard cannot be loosened.
`

// WriteReference writes docs/settings.md.
func WriteReference(w io.Writer) error {
	var b strings.Builder
	b.WriteString(introduction)
	for _, g := range reference() {
		b.WriteString("\n## " + g.Title + "\n\n" + g.About + "\n\n| variable | value | default | what it does |\n|---|---|---|---|\n")
		for _, s := range g.Settings {
			cells := []string{"`" + s.Name + "`", s.Form() + unit(s) + secretWords(s), defaultWords(s, "`"), s.Help}
			for i, cell := range cells {
				cells[i] = escape(cell)
			}
			b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// escape keeps text in its table cell, and words in capitals between angle
// brackets from being taken for HTML.
func escape(cell string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;").Replace(cell)
}

func unit(s Setting) string {
	if s.Unit == "" {
		return ""
	}
	return ", in " + s.Unit
}

func secretWords(s Setting) string {
	if s.Secret {
		return "; secret"
	}
	return ""
}

// defaultWords says what holds where a setting is not given; quote stands on
// both sides of literal values.
func defaultWords(s Setting, quote string) string {
	var parts []string
	if s.Default != "" {
		parts = append(parts, quote+s.Default+quote)
	}
	if s.Derived != "" {
		parts = append(parts, s.Derived)
	}
	if s.Strict != "" {
		parts = append(parts, quote+s.Strict+quote+" under strict")
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, "; ")
}
