package walls_test

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// deadLinks finds links in Markdown files that lead to no file of the tree.
// Addresses outside and anchors are not followed.
func deadLinks(t *testing.T, root fs.FS) (found []string) {
	walk(t, root, func(name string) {
		if path.Ext(name) != ".md" {
			return
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, ":") || strings.HasPrefix(target, "/") {
				continue
			}
			if _, err := fs.Stat(root, path.Join(path.Dir(name), target)); err != nil {
				found = append(found, name+" links to "+target+", which is not there")
			}
		}
	})
	return found
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, found := range deadLinks(t, house()) {
		t.Error(found)
	}
}

func TestDeadLinksAreFound(t *testing.T) {
	tree := fstest.MapFS{
		"docs/a.md": {Data: []byte("[b](b.md#x) [up](../LICENSE) [out](https://example.org/) [gone](gone.md) [here](#x)")},
		"docs/b.md": {Data: nil},
		"LICENSE":   {Data: nil},
	}
	got := strings.Join(deadLinks(t, tree), "\n")
	if want := "docs/a.md links to gone.md, which is not there"; got != want {
		t.Errorf("dead links: got %q, want %q", got, want)
	}
}
