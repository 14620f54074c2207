package walls_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sallyport/sallyport/"

// source is one Go file of the repository.
type source struct {
	name    string // path from the root, with slashes
	folder  string
	text    string
	syntax  *ast.File
	imports []string
}

func (s *source) isTest() bool { return strings.HasSuffix(s.name, "_test.go") }

// passedOver are folders that hold no source of ours.
var passedOver = map[string]bool{"node_modules": true, "testdata": true, "dist": true, "bin": true, "data": true, "tools": true}

// walk calls visit for each file of the tree that may be source of ours.
func walk(t *testing.T, root fs.FS, visit func(name string)) {
	t.Helper()
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() && name != "." && (passedOver[base] || strings.HasPrefix(base, ".") && base != ".ci") {
			return fs.SkipDir
		}
		if d.Type().IsRegular() {
			visit(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sources parses the Go files of the tree, except those of the root itself.
func sources(t *testing.T, root fs.FS) []*source {
	t.Helper()
	var all []*source
	walk(t, root, func(name string) {
		if path.Ext(name) != ".go" || path.Dir(name) == "." {
			return
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		s := &source{name: name, folder: path.Dir(name), text: string(text), syntax: syntax}
		for _, spec := range syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			s.imports = append(s.imports, imported)
		}
		all = append(all, s)
	})
	return all
}

// house is the repository itself.
func house() fs.FS { return os.DirFS("../..") }
