package guess_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/factor/password/guess"
)

// worst are the texts that take the longest.
var worst = map[string]string{
	"one letter":            strings.Repeat("a", 64),
	"doubtful symbols":      strings.Repeat("4@8({[<369!|170$5+7%2z", 3)[:64],
	"a walk of look-alikes": strings.Repeat("1qaz2wsx3edc|475", 4),
	"digits":                strings.Repeat("0102030405060708", 4),
}

func TestGuesses(t *testing.T) {
	cases := []struct {
		name, text  string
		least, most float64
	}{
		{"nothing", "", 1, 1},
		{"one character", "#", 2, 12},
		{"a password of this decade", "Summer2026!", 1, 1e8},
		{"runs side by side, over and over", strings.Repeat("abcdwxyz", 8), 1, 1e6},
		{"a word that the next one overlaps", "passwordragon", 1, 1e8},
		{"four words", "violet kettle orbit sandal", guess.Ceiling, guess.Ceiling},
		{"random", "vq7#Lm2 xz8V-kt4", guess.Ceiling, guess.Ceiling},
		{"not ASCII", "\xff\x80\x00\xfe", 2, 1e4 + 1},
	}
	for _, c := range cases {
		t.Run("PW-05 "+c.name, func(t *testing.T) {
			if got := guess.Guesses(c.text, nil); got < c.least || got > c.most {
				t.Errorf("Guesses(%q) = %.4g, want %.4g to %.4g", c.text, got, c.least, c.most)
			}
		})
	}
}

// TestUsable holds that what is recommended is never refused.
func TestUsable(t *testing.T) {
	const texts = 5 * perFamily
	letters := lowers + strings.ToUpper(lowers) + tens
	kinds := map[string]func(*corpus) string{
		"four words":                   func(c *corpus) string { return c.plainPhrase(4) },
		"five words":                   func(c *corpus) string { return c.plainPhrase(5) },
		"15 random lower case letters": func(c *corpus) string { return c.string(lowers, 15) },
		"15 random letters and digits": func(c *corpus) string { return c.string(letters, 15) },
		"15 random characters":         func(c *corpus) string { return c.string(printable(), 15) },
		"64 random characters":         func(c *corpus) string { return c.string(printable(), 64) },
	}
	for kind, make := range kinds {
		t.Run("PW-04 "+kind, func(t *testing.T) {
			c := newCorpus(kind)
			for range texts {
				if text := make(c); guess.Guesses(text, nil) < thresholds[1] {
					t.Errorf("Guesses(%q) = %.4g, want at least %.0e", text, guess.Guesses(text, nil), thresholds[1])
				}
			}
		})
	}
}

func TestBounds(t *testing.T) {
	for name, text := range worst {
		t.Run(name, func(t *testing.T) {
			words := make([]string, 32)
			for i := range words {
				words[i] = text[i : i+16]
			}
			best := time.Duration(math.MaxInt64)
			for range 20 {
				start := time.Now()
				guess.Guesses(text, words)
				best = min(best, time.Since(start))
			}
			if best > 50*time.Millisecond {
				t.Errorf("the best of 20 took %v, want 50 ms at most", best)
			}
			if got := testing.AllocsPerRun(5, func() { guess.Guesses(text, words) }); got > 0 {
				t.Errorf("allocations: got %v, want none", got)
			}
			longer := text + strings.Repeat(text, 1000)
			if got, want := guess.Guesses(longer, words), guess.Guesses(text, words); got != want {
				t.Errorf("with more than %d characters: got %v, want %v", guess.Limit, got, want)
			}
		})
	}
}

func BenchmarkGuesses(b *testing.B) {
	texts := map[string]string{"four words": "violet kettle orbit sandal"}
	for name, text := range worst {
		texts["worst, "+name] = text
	}
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				guess.Guesses(text, nil)
			}
		})
	}
}

// FuzzGuesses holds what is true of every text: it is found by brute force at
// the latest, knowing a word never makes it harder, and saying it twice at most
// doubles it.
func FuzzGuesses(f *testing.F) {
	for _, text := range worst {
		f.Add(text, "alexandra")
	}
	f.Add("passwor", "password")
	f.Add("13.05.1984", "")
	f.Fuzz(func(t *testing.T, text, word string) {
		got := guess.Guesses(text, nil)
		if brute := math.Pow(10, float64(min(len(text), guess.Limit))) + 2; !(got >= 1) || got > min(brute, guess.Ceiling) {
			t.Fatalf("Guesses(%q) = %v, want 1 to %v", text, got, min(brute, guess.Ceiling))
		}
		if known := guess.Guesses(text, []string{word}); !(known >= 1) || known > got {
			t.Fatalf("Guesses(%q) = %v with %q, want no more than %v", text, known, word, got)
		}
		if 2*len(text) <= guess.Limit {
			if twice := guess.Guesses(text+text, nil); twice > 2*got+1 {
				t.Fatalf("Guesses(%q twice) = %v, want at most %v", text, twice, 2*got+1)
			}
		}
	})
}
