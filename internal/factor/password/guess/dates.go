package guess

import "strings"

// Years are tried from the present one outwards, the nearest twenty first. The
// present only has to be right within these.
const (
	presentYear  = 2026
	nearestYears = 20
)

// The years that a date may have, and those that are tried without a day.
const (
	firstYear, lastYear             = 1000, 2050
	firstRecentYear, lastRecentYear = 1900, 2050
)

// The lengths of a date: 1184 has its year in two digits, 2005-12-24 in four.
const shortestDate, longestDate = 4, 10

const separators = " /\\_.-"

// dates enters years of four digits, and dates of day, month and year with or
// without separators.
func (t *table) dates() {
	for i := range t.text {
		for j := i + shortestDate; j <= min(i+longestDate, len(t.text)) && isDigit(t.text[i]); j++ {
			stretch := t.text[i:j]
			if year, ok := number(stretch); ok && len(stretch) == 4 && firstRecentYear <= year && year <= lastRecentYear {
				t.offer(i, j, yearGuesses(year))
			}
			if guesses, ok := dateGuesses(stretch); ok {
				t.offer(i, j, guesses)
			}
		}
	}
}

// dateGuesses returns the guesses of the likeliest date that a text can be read
// as: its days times its years, and four times as many with separators.
func dateGuesses(text string) (guesses float64, ok bool) {
	if at := strings.IndexAny(text, separators); at >= 0 {
		first, rest := text[:at], text[at+1:]
		second, third, found := strings.Cut(rest, text[at:at+1])
		year, ok := yearOf(first, second, third)
		return 4 * 365 * yearGuesses(year), ok && found
	}
	best := float64(Ceiling)
	for a := 1; a <= 4; a++ {
		for b := a + 1; b <= a+2 && b < len(text); b++ {
			if year, isDate := yearOf(text[:a], text[a:b], text[b:]); isDate {
				best, ok = min(best, 365*yearGuesses(year)), true
			}
		}
	}
	return best, ok
}

// yearOf reads three texts as a date and returns its year, which comes last or
// first.
func yearOf(first, second, third string) (year int, ok bool) {
	if year, ok = yearIn(third); ok && isDay(first, second) {
		return year, true
	}
	year, ok = yearIn(first)
	return year, ok && isDay(second, third)
}

// yearIn reads a year of four digits, or of two, which is then one of 1951 to
// 2050.
func yearIn(text string) (year int, ok bool) {
	year, ok = number(text)
	switch {
	case len(text) == 2 && year > 50:
		return 1900 + year, ok
	case len(text) == 2:
		return 2000 + year, ok
	}
	return year, ok && len(text) == 4 && firstYear <= year && year <= lastYear
}

// isDay reports whether two texts are a day and a month, in either order.
func isDay(first, second string) bool {
	a, okA := number(first)
	b, okB := number(second)
	return okA && okB && len(first) <= 2 && len(second) <= 2 &&
		min(a, b) >= 1 && min(a, b) <= 12 && max(a, b) <= 31
}

// number reads up to four digits.
func number(text string) (value int, ok bool) {
	if text == "" || len(text) > 4 {
		return 0, false
	}
	for i := range len(text) {
		if !isDigit(text[i]) {
			return 0, false
		}
		value = 10*value + int(text[i]-'0')
	}
	return value, true
}

func yearGuesses(year int) float64 {
	return float64(max(year-presentYear, presentYear-year, nearestYears))
}
