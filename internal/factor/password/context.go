package password

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/factor/password/fingerprint"
)

// Bounds of context words: shorter ones are in everything, and an e-mail address
// is no longer.
const (
	minContextRunes = 3
	maxContextRunes = 254
	maxContextWords = 32
)

// contextOf folds context words and adds their parts, the longest first: of
// "Alex.Johnson@example.org" come itself, "alex.johnson", "alexjohnson",
// "johnson" and "alex".
func contextOf(lists ...[]string) []string {
	var words []string
	for _, word := range slices.Concat(lists...) {
		word = fingerprint.Fold(word)
		local, _, _ := strings.Cut(word, "@")
		parts := strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		words = append(words, word, local, strings.Join(parts, ""))
		words = append(words, parts...)
	}
	words = slices.DeleteFunc(words, func(w string) bool {
		n := utf8.RuneCountInString(w)
		return n < minContextRunes || n > maxContextRunes
	})
	slices.SortFunc(words, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	words = slices.Compact(words)
	return words[:min(len(words), maxContextWords)]
}

// mostlyContext reports whether a folded password has a context word and, these
// taken out, fewer code points left than any password must have.
func mostlyContext(folded string, words []string) bool {
	rest := folded
	for _, w := range words {
		rest = strings.ReplaceAll(rest, w, "")
	}
	return rest != folded && utf8.RuneCountInString(rest) < FloorMinLength
}
