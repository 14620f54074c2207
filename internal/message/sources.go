package message

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed templates
var builtin embed.FS

// Names in a templates folder: <locale>/<kind>.tmpl, and <locale>/layout.tmpl
// for what the kinds of that locale share.
const (
	layoutFile = "layout"
	extension  = ".tmpl"
	baseLocale = "en"    // every locale falls back to it; complete by test
	maxSource  = 1 << 18 // bytes of one override
)

// localeShape is a BCP 47 tag as far as a folder name needs it: "en", "pt-BR",
// "zh-Hant-TW".
var localeShape = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// source is one template file.
type source struct {
	path string // as errors name it: "en/code.tmpl", "TEMPLATES_DIR/en/code.tmpl"
	text string
}

// sources holds the files of all locales: locale → file name without extension
// → sources in the order of parsing, built in first.
type sources map[string]map[string][]source

// loadSources reads the embedded templates and, where dir is not nil, the
// operator's overrides. It returns every problem it met, joined.
func loadSources(dir fs.FS) (sources, error) {
	all := sources{}
	own, err := fs.Sub(builtin, "templates")
	if err != nil {
		return nil, err
	}
	problems := []error{all.add(own, "")}
	if dir != nil {
		problems = append(problems, all.add(dir, "TEMPLATES_DIR/"))
	}
	return all, errors.Join(problems...)
}

// add reads the locale folders of dir.
func (s sources) add(dir fs.FS, prefix string) error {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return fmt.Errorf("%s: cannot be read: %w", strings.TrimSuffix(prefix, "/"), err)
	}
	var problems []error
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case !e.IsDir() && strings.HasSuffix(e.Name(), extension):
			problems = append(problems, fmt.Errorf("%s%s: put it into the folder of its locale, such as %s/%s", prefix, e.Name(), baseLocale, e.Name()))
		case e.IsDir() && !localeShape.MatchString(e.Name()):
			problems = append(problems, fmt.Errorf("%s%s: not the name of a locale, such as en or pt-BR", prefix, e.Name()))
		case e.IsDir():
			problems = append(problems, s.addLocale(dir, prefix, e.Name()))
		}
	}
	return errors.Join(problems...)
}

// addLocale reads the *.tmpl files of one locale folder. Other files are left
// alone, so that a README or an editor's back-up does no harm.
func (s sources) addLocale(dir fs.FS, prefix, locale string) error {
	files, err := fs.ReadDir(dir, locale)
	if err != nil {
		return fmt.Errorf("%s%s: cannot be read: %w", prefix, locale, err)
	}
	if s[locale] == nil {
		s[locale] = map[string][]source{}
	}
	var problems []error
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), extension)
		if !ok || f.IsDir() {
			continue
		}
		src := source{path: prefix + path.Join(locale, f.Name())}
		if name != layoutFile && !slices.Contains(Kinds(), Kind(name)) {
			problems = append(problems, fmt.Errorf("%s: no message is called %q", src.path, name))
			continue
		}
		text, err := fs.ReadFile(dir, path.Join(locale, f.Name()))
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("%s: cannot be read: %w", src.path, err))
		case len(text) > maxSource:
			problems = append(problems, fmt.Errorf("%s: larger than %d bytes", src.path, maxSource))
		default:
			src.text = string(text)
			s[locale][name] = append(s[locale][name], src)
		}
	}
	return errors.Join(problems...)
}

// locales returns the locales there are, sorted.
func (s sources) locales() []string {
	var out []string
	for l := range s {
		out = append(out, l)
	}
	slices.Sort(out)
	return out
}

// fallbacks returns the locales that stand behind locale, the farthest first:
// for "pt-BR" it is en, pt, pt-BR.
func fallbacks(locale string) []string {
	out := []string{locale}
	for l := locale; ; {
		i := strings.LastIndexByte(l, '-')
		if i < 0 {
			break
		}
		l = l[:i]
		out = append(out, l)
	}
	if out[len(out)-1] != baseLocale {
		out = append(out, baseLocale)
	}
	slices.Reverse(out)
	return out
}

// chain returns the files that make up the templates of kind in locale, in the
// order in which they are parsed: a block defined later replaces an earlier one.
// So an override may define a single block, and a locale may be incomplete.
func (s sources) chain(locale string, kind Kind) []source {
	var out []source
	for _, l := range fallbacks(locale) {
		out = append(out, s[l][layoutFile]...)
		out = append(out, s[l][string(kind)]...)
	}
	return out
}

// match returns the locale that serves wanted best: itself, or with subtags cut
// from the right (RFC 4647 §3.4); else other, else the base.
func (s sources) match(wanted, other string) string {
	for _, tag := range []string{wanted, other} {
		for tag != "" {
			for l := range s {
				if strings.EqualFold(l, tag) {
					return l
				}
			}
			tag = tag[:max(strings.LastIndexByte(tag, '-'), 0)]
		}
	}
	return baseLocale
}
