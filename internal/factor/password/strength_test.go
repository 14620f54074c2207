package password_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/factor/password"
)

func TestStrength(t *testing.T) {
	cases := []struct {
		name, text string
		least      int
		most       int
		warns      bool
	}{
		{"nothing", "", 0, 0, false},
		{"not UTF-8", "abc\xffdefghijkl", 0, 0, false},
		{"longer than accepted", strings.Repeat("correct horse ", 80), 0, 0, false},
		{"a common password", "password", 0, 0, true},
		{"a common password with look-alikes", "P@ssw0rd", 0, 1, true},
		{"a sequence", "abcdefghijklmnop", 0, 0, true},
		{"a repeat", "aaaaaaaaaaaaaaaaaa", 0, 0, true},
		{"a repeat of emoji", strings.Repeat("😀", 20), 0, 0, true},
		{"neighbouring keys", "mnbvcxzlkjhgfdsa", 0, 2, true},
		{"a date", "13.05.1984", 0, 2, true},
		{"a first name", "stephanie", 0, 1, true},
		{"a word", "kettle", 0, 1, true},
		{"this user's name", "alexandra", 0, 1, true},
		{"four words", good, 4, 4, false},
		{"random", "vq7#Lm2 xz8V-kt4", 4, 4, false},
		{"words in another script", "пароль для сервера", 4, 4, false},
		{"beyond the first 64", strings.Repeat("correct horse battery ", 9), 3, 4, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := password.Strength(c.text, "Alexandra Johnson")
			if got.Score < c.least || got.Score > c.most {
				t.Errorf("score = %d, want %d to %d", got.Score, c.least, c.most)
			}
			if (got.Warning != "") != c.warns {
				t.Errorf("warning = %q, want one: %v", got.Warning, c.warns)
			}
			if (len(got.Suggestions) > 0) != (got.Score < 3) {
				t.Errorf("suggestions = %q at score %d", got.Suggestions, got.Score)
			}
		})
	}
}

func TestStrengthWarnings(t *testing.T) {
	cases := map[string]string{
		"iloveyou":         "many people use",
		"alexandra":        "known here",
		"jessica":          "Names are easy",
		"abcdefghijklmnop": "Sequences",
		"zzzzzzzzzzzz":     "Repeated",
		"13.05.1984":       "Dates",
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			got := password.Strength(text, "Alexandra").Warning
			if !strings.Contains(got, want) {
				t.Errorf("warning = %q, want it to say %q", got, want)
			}
			if strings.Contains(got, text) {
				t.Errorf("warning %q repeats the password", got)
			}
		})
	}
}
