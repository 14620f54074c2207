package vectortest

import (
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"testing"

	"github.com/c2sp/wycheproof"
)

// Vector is what every vector of every set has.
type Vector struct {
	ID      int      `json:"tcId"`
	Comment string   `json:"comment"`
	Flags   []string `json:"flags"`
	// Result is "valid", "invalid", or "acceptable" for what a verifier may take
	// or leave.
	Result string `json:"result"`
}

// Hex is bytes that a set writes in hexadecimal digits.
type Hex []byte

// UnmarshalText reads the digits.
func (h *Hex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// Load reads the groups of a set, named without "_test.json", and returns how
// many vectors the set says that it has.
func Load[Group any](tb testing.TB, set string) (groups []Group, count int) {
	tb.Helper()
	raw, err := fs.ReadFile(wycheproof.TestVectors, set+"_test.json")
	if err != nil {
		tb.Fatal(err)
	}
	var file struct {
		Count  int     `json:"numberOfTests"`
		Groups []Group `json:"testGroups"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		tb.Fatalf("%s: %v", set, err)
	}
	return file.Groups, file.Count
}
