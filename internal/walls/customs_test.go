package walls_test

import (
	"fmt"
	"go/ast"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A custom looks at a tree and lists what goes against it.
type custom func(t *testing.T, root fs.FS) []string

// customs are the customs of the house, by name.
var customs = map[string]custom{
	"every package says what it is for": undocumented,
	"names say what is inside":          emptyNames,
	"nothing runs before main":          initFunctions,
	"no test is skipped":                skippedTests,
	"no test sleeps on the real clock":  sleepingTests,
	"what is left to do is not in code": leftovers,
}

func TestCustomsAreKept(t *testing.T) {
	for name, check := range customs {
		t.Run(name, func(t *testing.T) {
			for _, found := range check(t, house()) {
				t.Error(found)
			}
		})
	}
}

// undocumented finds packages without a doc.go that begins "Package name". A
// program's doc may stand in any of its files; generated packages have none.
func undocumented(t *testing.T, root fs.FS) (found []string) {
	type pack struct{ documented, generated bool }
	packs := map[string]*pack{}
	for _, s := range sources(t, root) {
		if s.isTest() {
			continue
		}
		p := packs[s.folder]
		if p == nil {
			p = &pack{generated: true}
			packs[s.folder] = p
		}
		p.generated = p.generated && ast.IsGenerated(s.syntax)
		name := s.syntax.Name.Name
		if name == "main" && s.syntax.Doc != nil {
			p.documented = true
		}
		if path.Base(s.name) == "doc.go" && strings.HasPrefix(s.syntax.Doc.Text(), "Package "+name+" ") {
			p.documented = true
		}
	}
	for folder, p := range packs {
		if !p.documented && !p.generated {
			found = append(found, fmt.Sprintf("%s has no doc.go that begins %q", folder, "Package "+path.Base(folder)))
		}
	}
	return found
}

// Names under which anything could lie.
var (
	emptyFolders = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "lib", "models", "dto", "service", "services", "controller", "controllers"}
	emptyFiles   = []string{"util", "utils", "common", "helper", "helpers", "misc"}
)

func emptyNames(t *testing.T, root fs.FS) (found []string) {
	walk(t, root, func(name string) {
		stem, _, _ := strings.Cut(path.Base(name), ".")
		if slices.Contains(emptyFiles, strings.TrimSuffix(stem, "_test")) {
			found = append(found, name+": the name says nothing about what is inside")
		}
		for folder := range strings.SplitSeq(path.Dir(name), "/") {
			if slices.Contains(emptyFolders, folder) {
				found = append(found, name+": the folder's name says nothing about what is inside")
			}
		}
	})
	return found
}

func initFunctions(t *testing.T, root fs.FS) (found []string) {
	for _, s := range sources(t, root) {
		for _, decl := range s.syntax.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				found = append(found, s.name+" has an init function; build it in internal/app")
			}
		}
	}
	return found
}

// skippedTests finds calls of Skip, Skipf and SkipNow on a testing value, and of
// testing.Short. A missing service fails the run instead.
func skippedTests(t *testing.T, root fs.FS) (found []string) {
	for _, s := range sources(t, root) {
		for _, call := range calls(s.syntax) {
			if slices.Contains([]string{"t.Skip", "t.Skipf", "t.SkipNow", "b.Skip", "b.Skipf", "b.SkipNow", "tb.Skip", "tb.Skipf", "tb.SkipNow", "f.Skip", "f.Skipf", "f.SkipNow", "testing.Short"}, call) {
				found = append(found, fmt.Sprintf("%s calls %s", s.name, call))
			}
		}
	}
	return found
}

// sleepingTests finds time.Sleep in tests outside a testing/synctest bubble,
// whose clock costs no time. Which of a file's calls run in the bubble is left
// to its reader.
func sleepingTests(t *testing.T, root fs.FS) (found []string) {
	for _, s := range sources(t, root) {
		if s.isTest() && slices.Contains(calls(s.syntax), "time.Sleep") && !slices.Contains(s.imports, "testing/synctest") {
			found = append(found, s.name+" calls time.Sleep; wait for what you wait for, or use testing/synctest")
		}
	}
	return found
}

// calls lists the calls of the form a.b in a file.
func calls(file *ast.File) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				names = append(names, x.Name+"."+sel.Sel.Name)
			}
		}
		return true
	})
	return names
}

// The words in pieces, so that this file does not find itself.
var leftover = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)

var textKinds = []string{".go", ".sql", ".sh", ".ts", ".tsx", ".css", ".html", ".yml", ".yaml", ".json", ".md", ""}

func leftovers(t *testing.T, root fs.FS) (found []string) {
	walk(t, root, func(name string) {
		if !slices.Contains(textKinds, path.Ext(name)) {
			return
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		if word := leftover.Find(text); word != nil {
			found = append(found, fmt.Sprintf("%s says %s; do it or record it", name, word))
		}
	})
	return found
}

// TestCustomsRefuse shows each custom refusing a tree that goes against it and
// passing one that does not.
func TestCustomsRefuse(t *testing.T) {
	const doc = "// Package x is here.\npackage x\n"
	tests := []struct {
		custom, why, file, text string
		refused                 bool
	}{
		{"every package says what it is for", "no doc at all", "internal/x/a.go", "package x\n", true},
		{"every package says what it is for", "doc in another file", "internal/x/a.go", doc, true},
		{"every package says what it is for", "doc that does not say the name", "internal/x/doc.go", "// Things.\npackage x\n", true},
		{"every package says what it is for", "a doc.go", "internal/x/doc.go", doc, false},
		{"every package says what it is for", "a program", "cmd/x/main.go", "// X does it.\npackage main\n", false},
		{"every package says what it is for", "generated", "internal/x/a.go", "// Code generated by x. DO NOT EDIT.\n\npackage x\n", false},
		{"names say what is inside", "a folder", "internal/util/a.go", doc, true},
		{"names say what is inside", "a file", "internal/x/helpers_test.go", doc, true},
		{"names say what is inside", "a file of the web", "web/src/common.ts", "", true},
		{"names say what is inside", "part of a name", "internal/x/utility.go", doc, false},
		{"nothing runs before main", "init", "internal/x/a.go", "package x\n\nfunc init() {}\n", true},
		{"nothing runs before main", "a method", "internal/x/a.go", "package x\n\nfunc (T) init() {}\n", false},
		{"no test is skipped", "skip", "internal/x/a_test.go", "package x\n\nfunc f() { t.Skip() }\n", true},
		{"no test is skipped", "short", "internal/x/a_test.go", "package x\n\nvar s = testing.Short()\n", true},
		{"no test is skipped", "another Skip", "internal/x/a.go", "package x\n\nfunc f() { lexer.Skip() }\n", false},
		{"no test sleeps on the real clock", "sleep", "internal/x/a_test.go", "package x\n\nfunc f() { time.Sleep(1) }\n", true},
		{"no test sleeps on the real clock", "in a bubble", "internal/x/a_test.go", "package x\n\nimport \"testing/synctest\"\n\nfunc f() { time.Sleep(1) }\n", false},
		{"what is left to do is not in code", "in Go", "internal/x/a.go", "package x\n\n// TO" + "DO later\n", true},
		{"what is left to do is not in code", "in a script", "scripts/a.sh", "# FIX" + "ME\n", true},
		{"what is left to do is not in code", "part of a word", "scripts/a.sh", "# TO" + "DOS\n", false},
		{"what is left to do is not in code", "not ours", "web/node_modules/a.ts", "// TO" + "DO\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.custom+"/"+tt.why, func(t *testing.T) {
			got := customs[tt.custom](t, fstest.MapFS{tt.file: {Data: []byte(tt.text)}})
			if (len(got) > 0) != tt.refused {
				t.Errorf("%s: got %q, want refused: %v", tt.file, got, tt.refused)
			}
		})
	}
}
