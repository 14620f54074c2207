package assurance_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sallyport/sallyport/internal/assurance"
)

// made is a tree of tests that carry these ids.
func made(files map[string]string) fs.FS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

// found returns the tests of one requirement, whatever else is missing.
func found(t *testing.T, root fs.FS, id string) []string {
	t.Helper()
	all, err := assurance.Read(root)
	if err == nil {
		t.Fatal("a tree that shows next to nothing: got no error, want one")
	}
	for _, c := range all {
		for _, r := range c.Lines {
			if r.ID == id {
				return r.Tests
			}
		}
	}
	t.Fatalf("%s is no requirement", id)
	return nil
}

func TestRead(t *testing.T) {
	p := "PW" + "-01" // ids in this file would be taken for proofs
	for _, tt := range []struct{ name, file, text, want string }{
		{"a subtest", "a/x_test.go", `package x; func TestA(t *T) { t.Run("` + p + ` short", nil) }`, "a TestA"},
		{"a message", "a/x_test.go", "package x; func TestA(t *T) { t.Errorf(`" + p + "`) }", "a TestA"},
		{"a comment of the test", "a/x_test.go", "package x\n// TestA shows " + p + "\nfunc TestA(t *T) {}", "a TestA"},
		{"a fuzz target", "a/x_test.go", `package x; func FuzzA(f *F) { f.Fatal("` + p + `") }`, "a FuzzA"},
		{"a shared function", "a/x_test.go", `package x; func check() { print("` + p + `") }`, "a x_test.go"},
		{"a comment inside", "a/x_test.go", "package x; func TestA(t *T) { // " + p + "\n}", ""},
		{"the program", "a/x.go", `package x; const A = "` + p + `"`, ""},
		{"a test of the web", "web/a.test.ts", `test("` + p + ` short", () => {})`, "web/a.test.ts"},
		{"one for each of a list", "web/a.test.ts", `test.each(["a", "b"])("` + p + ` %s", () => {})`, "web/a.test.ts"},
		{"somebody else's", "web/node_modules/a.test.ts", `test("` + p + ` short", () => {})`, ""},
	} {
		if got := strings.Join(found(t, made(map[string]string{tt.file: tt.text}), p), ","); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestUnknown(t *testing.T) {
	ours, others := "PW"+"-99", "AB"+"-12"
	_, err := assurance.Read(made(map[string]string{"x_test.go": `package x; func TestA() { print("` + ours + " " + others + `") }`}))
	if err == nil || !strings.Contains(err.Error(), "["+ours+"] are no requirements") {
		t.Errorf("got %v, want %s told and %s not", err, ours, others)
	}
}

func TestResults(t *testing.T) {
	out := `{"Action":"run","Package":"m/a","Test":"TestA"}
# something the compiler says
{"Action":"pass","Package":"m/a","Test":"TestA/sub"}
{"Action":"fail","Package":"m/a","Test":"TestA"}
{"Action":"pass","Package":"m/b","Test":"TestB"}
{"Action":"pass","Package":"m/b"}`
	got, err := assurance.ReadResults(strings.NewReader(out), "m")
	if err != nil || len(got) != 2 || got["a TestA"] != "fail" || got["b TestB"] != "pass" {
		t.Errorf("got %v, %v; want one failed and one passed", got, err)
	}
	var b strings.Builder
	all := []assurance.Chapter{{Title: "T", Lines: []assurance.Requirement{{ID: "X", Text: "words", Tests: []string{"a TestA", "c TestC"}}}}}
	if err := assurance.Write(&b, all, got); err != nil || !strings.Contains(b.String(), "| X | words | `a TestA` fail<br>`c TestC` |") {
		t.Errorf("got %s, %v; want the result beside its test", b.String(), err)
	}
}

// TestWhole is what make check asks: every requirement has a test, and every id in
// a test is a requirement.
func TestWhole(t *testing.T) {
	all, err := assurance.Read(os.DirFS("../.."))
	if err != nil {
		t.Error(err)
	}
	n := 0
	for _, c := range all {
		n += len(c.Lines)
	}
	if n != 143 {
		t.Errorf("got %d requirements, want all 143", n)
	}
}
