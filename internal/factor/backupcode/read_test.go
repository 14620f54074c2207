package backupcode_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/backupcode"
)

// cheap is a hasher that costs nothing, to make many codes.
type cheap struct{ fail error }

func (c cheap) Hash(_ context.Context, s string) (string, error) { return "hash of " + s, c.fail }
func (c cheap) Match(_ context.Context, encoded, s string) (bool, error) {
	return encoded == "hash of "+s, c.fail
}
func (c cheap) Spend(context.Context) error { return c.fail }

// TestEntropy counts the characters of many codes.
func TestEntropy(t *testing.T) {
	const sets = 500
	counts, secrets := map[rune]int{}, map[string]bool{}
	for range sets {
		codes, rows, err := backupcode.New(t.Context(), cheap{})
		if err != nil || len(codes) != len(rows) {
			t.Fatalf("BC-01 got %d codes, %d rows, %v, want as many", len(codes), len(rows), err)
		}
		ids := map[string]bool{}
		for i, code := range codes {
			id, secret, err := backupcode.Read(code)
			if err != nil || id != rows[i].CodeID || rows[i].Hash != "hash of "+secret || rows[i].Used {
				t.Fatalf("BC-01 row of %q: got %+v, %v, want its id and the hash of the rest", code, rows[i], err)
			}
			if ids[id] || secrets[secret] {
				t.Fatalf("BC-01 got %q twice, want each id once in a set and each secret once", code)
			}
			ids[id], secrets[secret] = true, true
			for _, r := range secret {
				counts[r]++
			}
		}
	}
	uniform(t, counts, sets*10*13)
}

// uniform checks that every character of the secrets carries 5 bits, so that 13
// of them carry 65: 63B §3.1.2.2 asks for 64.
func uniform(t *testing.T, counts map[rune]int, n int) {
	t.Helper()
	if len(counts) != 32 {
		t.Fatalf("BC-01 got %d different characters, want 32", len(counts))
	}
	want, chi := float64(n)/32, 0.0
	for _, got := range counts {
		chi += math.Pow(float64(got)-want, 2) / want
	}
	if chi > 100 { // 31 degrees of freedom: by chance once in 10^9 runs
		t.Errorf("BC-01 got chi square %.0f over %d characters, want at most 100: %v", chi, n, counts)
	}
}

func TestNewGivesUpWithTheHasher(t *testing.T) {
	busy := errors.New("busy")
	if plain, rows, err := backupcode.New(t.Context(), cheap{busy}); !errors.Is(err, busy) || plain != nil || rows != nil {
		t.Errorf("got %v, %v, %v, want %v and no codes", plain, rows, err, busy)
	}
}

func TestRead(t *testing.T) {
	const id, secret = "7K", "4F9Q2M8RTWX20"
	for name, in := range map[string]string{
		"BC-01 as it was shown": "7K-4F9Q2-M8RT-WX20", "BC-01 in small letters": "7k-4f9q2-m8rt-wx20", "BC-01 in one piece": "7K4F9Q2M8RTWX20",
		"BC-01 with spaces": " 7K 4F9Q2 M8RT WX20 ", "BC-01 with an O for the zero": "7K-4F9Q2-M8RT-WX2o",
	} {
		if gotID, got, err := backupcode.Read(in); err != nil || gotID != id || got != secret {
			t.Errorf("%s: got %q, %q, %v, want %q, %q", name, gotID, got, err, id, secret)
		}
	}
	if gotID, got, err := backupcode.Read("iL-00000-0000-0001"); err != nil || gotID != "11" || got != "0000000000001" {
		t.Errorf("BC-01 I and L are read as 1: got %q, %q, %v", gotID, got, err)
	}
	for name, in := range map[string]string{
		"nothing": "", "one short": "7K-4F9Q2-M8RT-WX2", "one too many": "7K-4F9Q2-M8RT-WX200", "a U": "7K-4F9Q2-M8RT-WX2U",
		"another letter of Unicode that is a small S": "7K-4F9Q2-M8RT-WX2ſ", "a dotless i": "7K-4F9Q2-M8RT-WX2ı", "the Kelvin sign": "7\u212a-4F9Q2-M8RT-WX20",
		"full width": "７K-4F9Q2-M8RT-WX20", "a line break": "7K-4F9Q2\nM8RT-WX20", "a zero byte": "7K-4F9Q2-M8RT-WX20\x00",
		"an invalid byte": "7K-4F9Q2-M8RT-WX2\xff", "a wildcard": "%_-4F9Q2-M8RT-WX20", "long": strings.Repeat("-", 65), "longer": strings.Repeat("7", 1<<20),
	} {
		if gotID, got, err := backupcode.Read(in); !errors.Is(err, factor.ErrMalformed) || gotID+got != "" {
			t.Errorf("BC-01 %s: got %q, %q, %v, want %v", name, gotID, got, err, factor.ErrMalformed)
		}
	}
}
