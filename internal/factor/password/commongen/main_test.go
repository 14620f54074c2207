package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// list writes n passwords of that length, the most frequent first.
func list(n, length int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%0*d\n", length, i)
	}
	return b.String()
}

func TestChoose(t *testing.T) {
	t.Run("PW-05 too few long passwords are an error", func(t *testing.T) {
		if _, _, err := choose(strings.NewReader(list(required-1, longest))); err == nil {
			t.Error("got nil, want an error")
		}
	})
	t.Run("PW-05 all long ones are kept, of the others the most frequent", func(t *testing.T) {
		text := list(required, longest) + list(perLength+5, 10) + list(9, shortest-1)
		short, long, err := choose(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		// At a minimum of 10 the long ones count too.
		if len(long) != required || len(short) != perLength-required {
			t.Errorf("kept %d long and %d short, want %d and %d", len(long), len(short), required, perLength-required)
		}
	})
	t.Run("PW-05 case and repetition do not count, other encodings are passed over", func(t *testing.T) {
		text := list(required, longest) + "Sunshine\nsunshine\nSUNSHINE\ncaf\xe9caf\xe9\n"
		short, _, err := choose(strings.NewReader(text))
		if err != nil || len(short) != 1 || short[0] != "sunshine" {
			t.Errorf("got %q, %v; want only sunshine", short, err)
		}
	})
}

func TestPack(t *testing.T) {
	got := pack([]string{"sunshine", "password", "sunshine"})
	if len(got) != 2*recordSize || bytes.Compare(got[:recordSize], got[recordSize:]) >= 0 {
		t.Errorf("got %x, want two sorted records of %d bytes", got, recordSize)
	}
	// SHA-1 of "password" begins 5baa61e4c9.
	if want := []byte{0x5b, 0xaa, 0x61, 0xe4, 0xc9}; !bytes.Contains(got, want) {
		t.Errorf("got %x, want it to hold %x", got, want)
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "list.txt")
	if err := os.WriteFile(in, []byte(list(required, longest)+list(7, 9)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(in, dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"common15.bin": required * recordSize, "common8.bin": 7 * recordSize} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(data) != want {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(data), err, want)
		}
	}
	if err := run(filepath.Join(dir, "absent"), dir); err == nil {
		t.Error("run with no list = nil, want an error")
	}
}
