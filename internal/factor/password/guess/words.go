package guess

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/factor/password/guess/lexicon"
)

// lexicongen says which lists the words come from and what their licences are.
//go:generate go run ./lexicongen

//go:embed words.bin
var packed string

// listed are the words that people choose, with their ranks.
var listed = lexicon.Lexicon(packed)

// reading is a way to read a text in search of words: in lower case, and then
// perhaps backwards or with letters for the characters that look like them.
type reading struct {
	text      []byte // as long as the text itself
	backwards bool
}

// lookUp enters the words that any reading of the text shows. A word takes as
// many guesses as its rank, times the ways to write it.
func (t *table) lookUp(words []string) {
	var room [Limit]byte
	r := reading{text: room[:len(t.text)]}
	for i := range r.text {
		r.text[i] = lower(t.text[i])
	}
	t.read(r, words)
	slices.Reverse(r.text)
	r.backwards = true
	t.read(r, words)
	t.lookAlikes(words)
}

// lookAlikes reads the text with letters for look-alike characters. A character
// that stands for either of two letters stands for the same one throughout.
func (t *table) lookAlikes(words []string) {
	if !strings.ContainsAny(t.text, symbols) {
		return
	}
	var room [Limit]byte
	r := reading{text: room[:len(t.text)]}
	for choice := range 1 << len(doubtful) {
		if !t.hasDoubtful(choice) {
			continue
		}
		for i := range r.text {
			r.text[i] = letterFor(t.text[i], choice)
		}
		t.read(r, words)
	}
}

// read looks every stretch of a reading up.
func (t *table) read(r reading, words []string) {
	for i := range r.text {
		print := lexicon.Empty
		for j := i + 1; j <= min(len(r.text), i+lexicon.LongestWord); j++ {
			print = print.Add(r.text[j-1])
			if rank, ok := listed.Rank(print); ok {
				t.word(r, i, j, rank)
			}
		}
		for rank, word := range words {
			if length := len(word); length > 0 && length <= len(r.text)-i && string(r.text[i:i+length]) == word {
				t.word(r, i, i+length, float64(rank+1))
			}
		}
	}
}

// word enters a word that a reading shows from i to j.
func (t *table) word(r reading, i, j int, rank float64) {
	if r.backwards {
		i, j = len(t.text)-j, len(t.text)-i
		t.offer(i, j, 2*rank*capitals(t.text[i:j]))
		return
	}
	written := t.text[i:j]
	t.offer(i, j, rank*capitals(written)*swaps(written, r.text[i:j]))
}

// The characters that stand for letters they look like, and these letters.
const (
	symbols = "4@8({[<3690$5+%2!1|7"
	letters = "aabcccceggosstxziiit"
)

// The symbols that may be read otherwise, and as what: most as an l, and a 1 as
// itself, because it ends so many passwords.
const (
	doubtful  = "1|71"
	otherwise = "lll1"
)

// hasDoubtful reports whether the text has every doubtful symbol that choice
// reads otherwise; bit k is for the k-th.
func (t *table) hasDoubtful(choice int) bool {
	for k := range len(doubtful) {
		if choice>>k&1 == 1 && strings.IndexByte(t.text, doubtful[k]) < 0 {
			return false
		}
	}
	return true
}

// letterFor returns the letter that a character stands for by choice, or the
// character itself in lower case.
func letterFor(c byte, choice int) byte {
	for k := range len(doubtful) {
		if doubtful[k] == c && choice>>k&1 == 1 {
			return otherwise[k]
		}
	}
	if k := strings.IndexByte(symbols, c); k >= 0 {
		return letters[k]
	}
	return lower(c)
}

// swaps returns what the look-alikes in a word multiply its guesses by: for each
// symbol, the ways to swap as many of the letters that it stands for.
func swaps(written string, read []byte) float64 {
	ways := 1.0
	for i := range len(written) {
		c := written[i]
		if read[i] == lower(c) || strings.IndexByte(written[:i], c) >= 0 {
			continue
		}
		left := 0
		for k := range len(written) {
			if lower(written[k]) == read[i] {
				left++
			}
		}
		ways *= variations(strings.Count(written, string(rune(c))), left)
	}
	return ways
}
