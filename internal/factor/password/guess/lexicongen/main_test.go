package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/trustelem/zxcvbn/frequency"
)

func TestRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "words.bin")
	if err := run(out, frequency.FrequencyLists); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../words.bin")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got %d bytes that differ from words.bin (%d bytes); run go generate", len(got), len(want))
	}
	if most := 400 << 10; len(got) > most {
		t.Errorf("got %d bytes, want %d at most", len(got), most)
	}
	t.Run("PW-05 lists that lost their words are an error", func(t *testing.T) {
		if err := run(out, map[string][]string{"passwords": {"123456"}}); err == nil {
			t.Error("got nil, want an error")
		}
	})
}

func TestRanksOf(t *testing.T) {
	got := ranksOf(map[string][]string{"a": {"one", "Two", "three"}, "b": {"TWO", "one"}})
	if len(got) != 3 || got["one"] != 1 || got["two"] != 1 || got["three"] != 3 {
		t.Errorf("got %v, want the best rank of each in lower case", got)
	}
}
