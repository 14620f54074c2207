package testbed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// missing is the error for a program that is not installed.
func missing(program, debianPackage string) error {
	return fmt.Errorf("testbed: %s is not installed; the tests need it: apt-get install %s", program, debianPackage)
}

// postgresPrograms returns the folder that holds initdb and postgres. Debian
// keeps it off the PATH; pg_config may belong to the client library alone.
func postgresPrograms() (string, error) {
	var folders []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	for _, dir := range append(folders, installed...) {
		if isFile(filepath.Join(dir, "initdb")) && isFile(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", missing("PostgreSQL (initdb, postgres)", "postgresql")
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Oathtool returns the six-digit time-based code that oathtool computes for the
// Base32 secret at that instant: SHA-1, steps of 30 seconds.
func Oathtool(tb testing.TB, secret string, at time.Time) string {
	tb.Helper()
	path, err := exec.LookPath("oathtool")
	if err != nil {
		tb.Fatal(missing("oathtool", "oathtool"))
	}
	cmd := exec.Command(path, "--totp", "--base32", "--now", at.UTC().Format("2006-01-02 15:04:05 UTC"), "-")
	cmd.Stdin = strings.NewReader(secret)
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("testbed: oathtool: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// Promtool runs Prometheus's checking tool in a folder and returns what it says;
// a check that fails fails the test.
func Promtool(tb testing.TB, folder string, args ...string) string {
	tb.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		tb.Fatal(missing("promtool", "prometheus"))
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Errorf("testbed: promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
