package assurance

import (
	_ "embed" // for the requirements
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed requirements.txt
var requirements string

// Chapter is one group of requirements.
type Chapter struct {
	Title string
	Lines []Requirement
}

// Requirement is one thing the server guarantees.
type Requirement struct {
	ID, Text string
	// Tests are those that show it: "internal/token TestVerify", or for TypeScript
	// "web/browser/account.spec.ts" with the name of the test.
	Tests []string
}

var id = regexp.MustCompile(`\b[A-Z]{2}-\d{2}\b`)

// Read collects the proofs in a tree of source code. It returns an error that
// names every requirement without a test, and every id in a test that is no
// requirement.
func Read(root fs.FS) ([]Chapter, error) {
	shown := map[string]map[string]bool{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if base := d.Name(); base == "node_modules" || base == "testdata" || strings.HasPrefix(base, ".") && base != "." {
				return fs.SkipDir
			}
			return nil
		case strings.HasSuffix(name, "_test.go"):
			return goTests(root, name, shown)
		case strings.HasSuffix(name, ".test.ts"), strings.HasSuffix(name, ".test.tsx"), strings.HasSuffix(name, ".spec.ts"):
			return webTests(root, name, shown)
		default:
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	return judge(chapters(), shown)
}

// note records that a test carries the ids in that text.
func note(shown map[string]map[string]bool, text, test string) {
	for _, found := range id.FindAllString(text, -1) {
		if shown[found] == nil {
			shown[found] = map[string]bool{}
		}
		shown[found][test] = true
	}
}

// goTests reads the names and texts of a file's tests. What stands in a function
// that tests share is shown by the file.
func goTests(root fs.FS, name string, shown map[string]map[string]bool) error {
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("assurance: %w", err)
	}
	for _, d := range file.Decls {
		test := path.Dir(name) + " " + path.Base(name)
		if f, ok := d.(*ast.FuncDecl); ok {
			if f.Recv == nil && isTest(f.Name.Name) {
				test = path.Dir(name) + " " + f.Name.Name
			}
			if f.Doc != nil {
				note(shown, f.Doc.Text(), test)
			}
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, err := strconv.Unquote(lit.Value)
				if err == nil {
					note(shown, text, test)
				}
			}
			return true
		})
	}
	return nil
}

func isTest(name string) bool {
	return strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz")
}

// webTest is the beginning of a test in TypeScript, up to the end of its title.
var webTest = regexp.MustCompile(`(?s)\btest(?:\.each\([^;]*?\))?\(\s*"([^"\n]*)"`)

func webTests(root fs.FS, name string, shown map[string]map[string]bool) error {
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	for _, m := range webTest.FindAllSubmatch(src, -1) {
		note(shown, string(m[1]), name)
	}
	return nil
}

// chapters reads requirements.txt: a title is two letters and words, a
// requirement its id and words.
func chapters() (out []Chapter) {
	for line := range strings.Lines(requirements) {
		first, words, _ := strings.Cut(strings.TrimSpace(line), " ")
		if id.MatchString(first) {
			c := &out[len(out)-1]
			c.Lines = append(c.Lines, Requirement{ID: first, Text: words})
			continue
		}
		out = append(out, Chapter{Title: words})
	}
	return out
}

// judge fills the tests in and says what is missing.
func judge(all []Chapter, shown map[string]map[string]bool) ([]Chapter, error) {
	var unproved, unknown []string
	for i := range all {
		for j := range all[i].Lines {
			r := &all[i].Lines[j]
			for test := range shown[r.ID] {
				r.Tests = append(r.Tests, test)
			}
			slices.Sort(r.Tests)
			if len(r.Tests) == 0 {
				unproved = append(unproved, r.ID)
			}
			delete(shown, r.ID)
		}
	}
	for found := range shown {
		if isChapter(all, found) {
			unknown = append(unknown, found)
		}
	}
	slices.Sort(unknown)
	if len(unproved)+len(unknown) > 0 {
		return all, fmt.Errorf("assurance: no test shows %v; %v are no requirements", unproved, unknown)
	}
	return all, nil
}

// isChapter reports whether an id looks like one of ours: others write ids too.
func isChapter(all []Chapter, found string) bool {
	for _, c := range all {
		if len(c.Lines) > 0 && c.Lines[0].ID[:2] == found[:2] {
			return true
		}
	}
	return false
}
