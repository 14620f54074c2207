package guess_test

import (
	"sync"
	"testing"

	"github.com/trustelem/zxcvbn"

	"github.com/sallyport/sallyport/internal/factor/password/guess"
)

// thresholds are the numbers of guesses that the policies of package password
// ask for.
var thresholds = [...]float64{1e8, 1e10}

// ask returns what zxcvbn makes of a text.
func ask(text string, words ...string) float64 {
	return zxcvbn.PasswordStrength(text[:min(len(text), guess.Limit)], words).Guesses
}

// tally counts verdicts: of how many texts, and how many that zxcvbn accepts are
// refused here, and the other way round.
type tally struct{ texts, stricter, looser int }

// TestOracle compares the verdicts with those of zxcvbn.
func TestOracle(t *testing.T) {
	var mu sync.Mutex
	var all tally
	t.Run("families", func(t *testing.T) {
		for family, make := range families() {
			t.Run(family, func(t *testing.T) {
				t.Parallel()
				got := compare(t, newCorpus(family), make)
				t.Logf("%s, %d verdicts: %d stricter, %d looser", family, got.texts, got.stricter, got.looser)
				if 100*got.looser > got.texts {
					t.Errorf("PW-05 looser than zxcvbn: got %d of %d verdicts, want 1 %% at most", got.looser, got.texts)
				}
				mu.Lock()
				defer mu.Unlock()
				all.texts += got.texts
				all.stricter += got.stricter
				all.looser += got.looser
			})
		}
	})
	t.Logf("all, %d verdicts: %d stricter, %d looser", all.texts, all.stricter, all.looser)
	if 100*(all.stricter+all.looser) > 2*all.texts {
		t.Errorf("PW-05 other verdict than zxcvbn: got %d of %d, want 2 %% at most", all.stricter+all.looser, all.texts)
	}
	if 5*all.looser > all.stricter {
		t.Errorf("PW-05 got %d looser and %d stricter verdicts, want it to err on the strict side", all.looser, all.stricter)
	}
}

func compare(t *testing.T, c *corpus, make func(*corpus) string) (sum tally) {
	t.Helper()
	for range perFamily {
		text := make(c)
		got, want := guess.Guesses(text, nil), ask(text)
		for _, least := range thresholds {
			sum.texts++
			switch {
			case got < least && want >= least:
				sum.stricter++
			case got >= least && want < least:
				sum.looser++
			}
		}
	}
	return sum
}

// TestPatterns shows one pattern at a time, each found and counted as zxcvbn does:
// within the coarseness of ranks, and not above.
func TestPatterns(t *testing.T) {
	cases := []struct {
		name, text string
		words      []string
	}{
		{"a word", "kettle", nil},
		{"the first word of a list", "password", nil},
		{"a word in capitals", "KETTLE", nil},
		{"a capital at the start", "Kettle", nil},
		{"a capital at the end", "kettlE", nil},
		{"capitals in the middle", "keTtLe", nil},
		{"a word backwards", "elttek", nil},
		{"a capital and backwards", "Elttek", nil},
		{"look-alikes", "p@$$w0rd", nil},
		{"look-alikes and a capital", "P@ssw0rd", nil},
		{"some of a kind swapped", "bana4n4s", nil},
		{"one symbol for two letters", "1l1inois", nil},
		{"a name that is known here", "alexandra johnson", []string{"alexandra johnson", "alexandra"}},
		{"the second word that is known here", "qrvbtxk", []string{"wlpqrzt", "qrvbtxk"}},
		{"a known word backwards", "kxtbvrq", []string{"qrvbtxk"}},
		{"a known word with look-alikes", "qrvbt3k", []string{"qrvbtek"}},
		{"a run", "abcdefghij", nil},
		{"a run downwards", "98765", nil},
		{"a run of every second", "bdfhjl", nil},
		{"a run of capitals", "MNOPQRS", nil},
		{"a straight walk", "dfghjk", nil},
		{"a walk with turns", "zxcvfr43", nil},
		{"a walk with capitals", "zxcvFR43", nil},
		{"a walk with the shift key held down", "ZXCV<>?", nil},
		{"a walk on Dvorak", "aoeuidhtns", nil},
		{"a walk on a keypad", "7415963", nil},
		{"a year", "1987", nil},
		{"a date", "13.05.1984", nil},
		{"a date without separators", "13051984", nil},
		{"a date from the year down", "1984/5/13", nil},
		{"a date in six digits", "130584", nil},
		{"a date in four digits", "1184", nil},
		{"one character over and over", "qqqqqqqqqq", nil},
		{"a word over and over", "kettlekettlekettle", nil},
		{"anything over and over", "xk7xk7xk7xk7", nil},
		{"a repeat within a repeat", "aabaabaab", nil},
		{"brute force", "xq7#Lv2", nil},
		{"two words", "kettlesandal", nil},
		{"three parts", "kettle1987qwerty", nil},
		{"a word in brute force", "x#7kettle9%q", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, want := guess.Guesses(c.text, c.words), min(ask(c.text, c.words...), guess.Ceiling)
			if got < want/1.8 || got > 1.06*want {
				t.Errorf("PW-05 Guesses(%q) = %.4g, want about %.4g", c.text, got, want)
			}
		})
	}
}
