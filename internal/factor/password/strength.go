package password

import (
	"strings"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"github.com/trustelem/zxcvbn/match"
	"golang.org/x/text/unicode/norm"
)

// estimated is how much of a password zxcvbn is given, in code points: its time
// grows with the cube of the length.
const estimated = 64

// Feedback helps a person to choose a better password while typing.
type Feedback struct {
	// Score is 0 (guessed at once) to 4 (very hard to guess).
	Score int `json:"score"`
	// Warning says what is weak in one sentence; empty if nothing stands out.
	Warning string `json:"warning,omitempty"`
	// Suggestions say what would help; empty from score 3 on.
	Suggestions []string `json:"suggestions,omitempty"`
}

// Strength estimates how hard password is to guess, for display only: what may
// be set is decided by Policy.Check. Context words are as for Check. It looks at
// the first 64 code points.
func Strength(password string, contextWords ...string) Feedback {
	if TooLong(password) || password == "" || !utf8.ValidString(password) {
		return Feedback{Suggestions: []string{suggestWords}}
	}
	result := estimate(toASCII(password), contextOf(contextWords))
	f := Feedback{Score: result.Score}
	if f.Score < 3 {
		f.Warning = warning(result.Sequence)
		f.Suggestions = suggestions(result.Sequence)
	}
	return f
}

// withstands reports whether text needs at least that many guesses. A long text
// is judged by its beginning and, should that be weak, by its end.
func withstands(text string, words []string, least float64) bool {
	ascii := toASCII(text)
	if estimate(ascii, words).Guesses >= least {
		return true
	}
	rest := ascii[min(len(ascii), estimated):]
	rest = rest[max(0, len(rest)-estimated):]
	return rest != "" && estimate(rest, words).Guesses >= least
}

// estimate asks zxcvbn about the beginning of an ASCII text.
func estimate(ascii string, words []string) zxcvbn.Result {
	inputs := make([]string, len(words))
	for i, w := range words {
		inputs[i] = toASCII(w)
	}
	return zxcvbn.PasswordStrength(ascii[:min(len(ascii), estimated)], inputs)
}

// toASCII gives each character one ASCII stand-in, because zxcvbn takes bytes
// for characters: accented letters become the plain ones, and the others keep
// their order, so that repeats and sequences in any script remain such.
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

const (
	suggestWords    = "Use a few unrelated words; length counts for more than special characters."
	suggestPatterns = "Avoid repeats, sequences, dates and neighbouring keys."
	suggestSpelling = "Capitals and look-alike characters in a common word help little."
)

// warning explains the part that covers most of the password.
func warning(parts []*match.Match) string {
	var longest *match.Match
	for _, m := range parts {
		if m.Pattern != "bruteforce" && (longest == nil || len(m.Token) > len(longest.Token)) {
			longest = m
		}
	}
	if longest == nil {
		return ""
	}
	switch longest.Pattern {
	case "dictionary":
		return dictionaryWarning(longest.DictionaryName)
	case "spatial":
		return "Keys that lie side by side are easy to guess."
	case "repeat":
		return "Repeated characters and words are easy to guess."
	case "sequence":
		return "Sequences such as abc or 6543 are easy to guess."
	case "date", "regex":
		return "Dates and years are easy to guess."
	}
	return ""
}

func dictionaryWarning(dictionary string) string {
	switch dictionary {
	case "passwords":
		return "This is close to a password that many people use."
	case "user_inputs":
		return "Names and words known here are among the first to be tried."
	case "surnames", "male_names", "female_names":
		return "Names are easy to guess."
	}
	return "A single word is easy to guess."
}

// suggestions lists what would help, the most useful first.
func suggestions(parts []*match.Match) []string {
	out := []string{suggestWords}
	pattern, spelling := false, false
	for _, m := range parts {
		switch m.Pattern {
		case "spatial", "repeat", "sequence", "date", "regex":
			pattern = true
		case "dictionary":
			spelling = spelling || m.L33t || m.UppercaseVariations > 1
		}
	}
	if pattern {
		out = append(out, suggestPatterns)
	}
	if spelling {
		out = append(out, suggestSpelling)
	}
	return out
}
