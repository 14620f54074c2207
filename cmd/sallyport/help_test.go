package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestHelp holds the help of every command against testdata/help and
// docs/commands.md. A command that is added or removed needs -update, so that a
// person reads what changed.
func TestHelp(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	var want []string
	page := bytes.NewBufferString("# Commands\n\nWhat `--help` prints. Written by `go test ./cmd/sallyport -update`.\n")
	for _, words := range commandPaths(t) {
		name := strings.Join(append([]string{"sallyport"}, words...), "-") + ".golden"
		want = append(want, name)
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(t.Context(), append(words, "--help"), terminal{strings.NewReader(""), &out, &errs}, nil)
			if code != 0 || errs.Len() > 0 {
				t.Fatalf("--help: got exit code %d and %q on standard error, want 0 and nothing", code, errs.String())
			}
			golden(t, filepath.Join("testdata", "help", name), out.Bytes())
			_, _ = fmt.Fprintf(page, "\n## %s\n\n```text\n%s```\n", strings.Join(append([]string{"sallyport"}, words...), " "), out.String())
		})
	}
	golden(t, filepath.Join("..", "..", "docs", "commands.md"), page.Bytes())
	files, err := os.ReadDir(filepath.Join("testdata", "help"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(want, f.Name()) {
			t.Errorf("testdata/help/%s belongs to no command; remove it", f.Name())
		}
	}
}

// commandPaths lists the words of every command and group, the program itself
// first.
func commandPaths(t *testing.T) [][]string {
	t.Helper()
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	var paths [][]string
	var walk func(n *kong.Node, words []string)
	walk = func(n *kong.Node, words []string) {
		paths = append(paths, words)
		for _, child := range n.Children {
			if child.Type == kong.CommandNode {
				walk(child, append(slices.Clone(words), child.Name))
			}
		}
	}
	walk(parser.Model.Node, nil)
	return paths
}

// golden compares got with a file, or writes it with -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at it and run the test with -update\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// FuzzReadPerson gives any line to the import: who is accepted has an address.
func FuzzReadPerson(f *testing.F) {
	for _, seed := range []string{
		`{"email":"ada@example.org","name":"Ada","password_hash":"$2b$12$C6UzMDM.H6dfI/f/IKcEeO7n3XJz1rYQb8rZ0tqk3Ic9J8p8p1Ga2"}`,
		`{"email":"a@b.c"}`, `{}`, `null`, `[1]`, `{"email":1}`, `{"email":"a@b.c","role":"admin"}`, "\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		p, err := readPerson(line)
		if err == nil && p.address.Canonical == "" {
			t.Errorf("%q was accepted without an address", line)
		}
	})
}
