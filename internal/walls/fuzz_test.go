package walls_test

import (
	"go/ast"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestFuzzScriptFindsEveryTarget compares what `make fuzz` runs with what the
// parser of Go finds in the source.
func TestFuzzScriptFindsEveryTarget(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "../../scripts/fuzz.sh", "list").Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	var want []string
	for _, s := range sources(t, house()) {
		for _, d := range s.syntax.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.isTest() && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				want = append(want, s.folder+" "+f.Name.Name)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) < 40 || !slices.Equal(got, want) {
		t.Errorf("got %d targets\n%s\nwant %d\n%s", len(got), strings.Join(got, "\n"), len(want), strings.Join(want, "\n"))
	}
}
