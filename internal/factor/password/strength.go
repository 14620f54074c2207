package password

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/sallyport/sallyport/internal/factor/password/guess"
)

// withstands reports whether text needs at least that many guesses. A long text
// is judged by its beginning and, should that be weak, by its end.
func withstands(text string, words []string, least float64) bool {
	ascii := toASCII(text)
	known := make([]string, len(words))
	for i, w := range words {
		known[i] = toASCII(w)
	}
	if guess.Guesses(ascii, known) >= least {
		return true
	}
	rest := ascii[min(len(ascii), guess.Limit):]
	rest = rest[max(0, len(rest)-guess.Limit):]
	return rest != "" && guess.Guesses(rest, known) >= least
}

// toASCII gives each character one ASCII stand-in, because the estimate takes
// bytes for characters: accented letters become the plain ones, and the others
// keep their order, so that repeats and sequences in any script remain such.
func toASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return r
		}
		if base := norm.NFD.PropertiesString(string(r)).Decomposition(); len(base) > 0 && base[0] < utf8.RuneSelf {
			return rune(base[0])
		}
		return 'a' + r%26
	}, norm.NFC.String(text))
}
