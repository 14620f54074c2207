package testbed

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Shipped builds the program as `make build` does and returns the file, which goes
// with the test.
func Shipped(tb testing.TB) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "sallyport")
	cmd := exec.CommandContext(tb.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, "github.com/sallyport/sallyport/cmd/sallyport")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("testbed: go build: %v\n%s", err, out)
	}
	return file
}
