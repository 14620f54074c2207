package config_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
)

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	for path, write := range map[string]func(io.Writer) error{
		"../../.env.auth.example": config.WriteExample,
		"../../docs/settings.md":  config.WriteReference,
	} {
		var want bytes.Buffer
		if err := write(&want); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s is out of date (%v); run: go run ./internal/config/gen", path, err)
		}
	}
}

// TestExampleIsAccepted takes the # away from every line of the example that
// has a value: it must start a local run.
func TestExampleIsAccepted(t *testing.T) {
	var example bytes.Buffer
	if err := config.WriteExample(&example); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(example.String()) {
		if !strings.HasPrefix(line, "# ") {
			line = strings.TrimPrefix(line, "#")
		}
		lines = append(lines, line)
	}
	c, err := config.Load(nil, envFile(t, strings.Join(lines, "")))
	if err != nil || len(c.Unknown) > 0 {
		t.Errorf("the example: got %v, unknown %v; want no problem", err, c.Unknown)
	}
	if !strings.Contains(example.String(), "\n#SECRET_KEY=\n") {
		t.Error("TK-06 the example holds a key")
	}
}

func TestReferenceNamesEverySetting(t *testing.T) {
	var ref, example bytes.Buffer
	if err := config.WriteReference(&ref); err != nil {
		t.Fatal(err)
	}
	if err := config.WriteExample(&example); err != nil {
		t.Fatal(err)
	}
	var c config.Config
	for _, g := range c.Settings() {
		for _, s := range g.Settings {
			if !strings.Contains(ref.String(), "| `"+s.Name+"` |") {
				t.Errorf("the reference lacks %s", s.Name)
			}
			if !strings.Contains(example.String(), "\n#"+s.Name+"=") {
				t.Errorf("the example lacks %s", s.Name)
			}
		}
	}
}
