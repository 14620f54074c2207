package assurance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Results are how tests ended, by "internal/token TestVerify": "pass", "fail" or
// "skip".
type Results map[string]string

// ReadResults reads the output of go test -json of this module.
func ReadResults(r io.Reader, module string) (Results, error) {
	out := Results{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct{ Action, Package, Test string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			continue // what a build says stands between
		}
		if e.Test == "" || strings.Contains(e.Test, "/") || e.Action != "pass" && e.Action != "fail" && e.Action != "skip" {
			continue
		}
		out[strings.TrimPrefix(e.Package, module+"/")+" "+e.Test] = e.Action
	}
	return out, lines.Err()
}

// Write writes the matrix as Markdown, with results where there are any.
func Write(w io.Writer, all []Chapter, results Results) error {
	var b strings.Builder
	b.WriteString(head)
	for _, c := range all {
		fmt.Fprintf(&b, "\n## %s\n\n| | guarantee | shown by |\n|---|---|---|\n", c.Title)
		for _, r := range c.Lines {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", r.ID, r.Text, strings.Join(withResults(r.Tests, results), "<br>"))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const head = `# Assurance

Which test shows which guarantee. Written by ` + "`make generate`" + ` from the names and messages of the tests; a guarantee without a
test, or a test with an unknown id, fails ` + "`make check`" + `. ` + "`make assurance`" + ` runs the tests and adds how each ended.
`

func withResults(tests []string, results Results) []string {
	out := make([]string, 0, len(tests))
	for _, t := range tests {
		line := "`" + t + "`"
		if how := results[t]; how != "" {
			line += " " + how
		}
		out = append(out, line)
	}
	return out
}
