package config

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// maxEnvFile is the largest env file that is read, in bytes.
const maxEnvFile = 1 << 20

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// ParseEnvFile reads NAME=value lines. It is strict, so that a secret means the
// same to every reader: nothing is expanded ($ is a plain character), a value
// may stand in 'single' or "double" quotes, which are dropped, without escapes;
// outside quotes a # after a blank starts a comment; a name may be given once.
// A leading "export " is accepted. Every bad line is reported, never its value.
func ParseEnvFile(r io.Reader) (map[string]string, Problems) {
	values := map[string]string{}
	first := map[string]int{}
	var ps Problems
	bad := func(n int, what, mend string) {
		ps = append(ps, Problem{"--env-file", fmt.Sprintf("line %d %s", n, what), mend})
	}
	content, err := io.ReadAll(io.LimitReader(r, maxEnvFile+1))
	if err != nil || len(content) > maxEnvFile {
		return nil, Problems{{"--env-file", "the file cannot be read to its end", "Give a text file of at most 1 MiB"}}
	}
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(content), "\ufeff")) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		line = strings.TrimSpace(strings.TrimPrefix(line, "export "))
		name, rest, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !ok || !variable.MatchString(name) {
			bad(n, "is not NAME=value", "Write one NAME=value a line; put a # in front of a comment")
			continue
		}
		v, ok := unquote(strings.TrimSpace(rest))
		if !ok {
			bad(n, "has an open or misplaced quote in "+name, "Put the whole value between two equal quotes")
			continue
		}
		if at, twice := first[name]; twice {
			bad(n, fmt.Sprintf("gives %s again (first on line %d)", name, at), "Keep one of the two lines")
			continue
		}
		first[name], values[name] = n, v
	}
	return values, ps
}

// unquote drops quotes and a trailing comment.
func unquote(s string) (string, bool) {
	if s == "" || s[0] == '#' {
		return "", true
	}
	if q := s[0]; q == '"' || q == '\'' {
		end := strings.IndexByte(s[1:], q)
		if end < 0 {
			return "", false
		}
		after := strings.TrimSpace(s[end+2:])
		return s[1 : end+1], after == "" || after[0] == '#'
	}
	for _, blank := range []string{" #", "\t#"} {
		if i := strings.Index(s, blank); i >= 0 {
			s = s[:i]
		}
	}
	return strings.TrimSpace(s), true
}

// unknown looks at the variables of the env file that are no settings: a near
// miss is a problem, anything else is only noted in c.Unknown. The environment
// is not looked at: it is full of other people's variables.
func (c *Config) unknown(file map[string]string) Problems {
	var names []string
	for _, b := range c.blocks() {
		for _, s := range b.settings {
			names = append(names, s.Name)
		}
	}
	var ps Problems
	for name, value := range file {
		if slices.Contains(names, name) || blankOIDC(name, value) {
			continue
		}
		if near := nearest(name, names); near != "" {
			ps = append(ps, Problem{name, "there is no such setting", "Did you mean " + near + "?"})
			continue
		}
		c.Unknown = append(c.Unknown, name)
	}
	slices.Sort(c.Unknown)
	slices.SortFunc(ps, func(a, b Problem) int { return strings.Compare(a.Name, b.Name) })
	return ps
}
