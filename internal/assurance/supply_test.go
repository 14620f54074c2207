package assurance_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/testbed"
)

const root = "../.."

// TestSupplyChain shows that releases are checked, list their parts, and that
// fixes have times.
func TestSupplyChain(t *testing.T) {
	t.Run("OP-11 a release refuses without an answer about known vulnerabilities", func(t *testing.T) {
		out, err := exec.CommandContext(t.Context(), "make", "-n", "-C", root, "release").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "VULN_REQUIRED=${VULN_REQUIRED:-1} scripts/release.sh") {
			t.Errorf("make -n release: got %s, %v; want it to demand the check", out, err)
		}
		script, err := os.ReadFile(filepath.Join(root, "scripts", "release.sh"))
		if err != nil {
			t.Fatal(err)
		}
		if before, _, found := strings.Cut(string(script), "go build"); !found || !strings.Contains(before, "scripts/vuln.sh") {
			t.Error("release.sh: got no check before the build")
		}
	})
	t.Run("OP-11 fixes have times", func(t *testing.T) {
		policy, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
		if err != nil {
			t.Fatal(err)
		}
		for _, severity := range []string{"critical", "high", "others"} {
			if !regexp.MustCompile(`(?m)^\| ` + severity + `: within \d+ days \|`).Match(policy) {
				t.Errorf("SECURITY.md: got no time for %s", severity)
			}
		}
	})
	t.Run("OP-11 the list of parts names every module of the binary", func(t *testing.T) {
		binary, list := testbed.Shipped(t), filepath.Join(t.TempDir(), "sbom.json")
		run(t, "scripts/sbom.sh", binary, list)
		b, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		var sbom struct {
			BomFormat  string
			Components []struct{ Purl string }
		}
		if err := json.Unmarshal(b, &sbom); err != nil || sbom.BomFormat != "CycloneDX" {
			t.Fatalf("got %q, %v; want CycloneDX", sbom.BomFormat, err)
		}
		listed := map[string]bool{}
		for _, c := range sbom.Components {
			purl, _, _ := strings.Cut(c.Purl, "?")
			listed[strings.ToLower(purl)] = true
		}
		modules := 0
		for line := range strings.Lines(run(t, "go", "version", "-m", binary)) {
			f := strings.Fields(line)
			if len(f) < 3 || f[0] != "dep" {
				continue
			}
			modules++
			if purl := strings.ToLower("pkg:golang/" + f[1] + "@" + f[2]); !listed[purl] {
				t.Errorf("got no %s in the list", purl)
			}
		}
		if modules < 20 {
			t.Errorf("got %d modules in the binary, want those of go.mod", modules)
		}
	})
}

// run runs a program at the root of the house.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}
