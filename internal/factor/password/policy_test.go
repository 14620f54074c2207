package password_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn/frequency"

	"github.com/sallyport/sallyport/internal/factor/password"
	"github.com/sallyport/sallyport/internal/fault"
)

// The policies under test: alone is the default, second that of users for whom a
// second factor is enforced.
var (
	alone  = password.Policy{}
	second = password.Policy{MinLength: 8}
)

// wantChecked checks one password; an empty reason means accepted.
func wantChecked(t *testing.T, p password.Policy, text, reason string, words ...string) {
	t.Helper()
	err := p.Check(text, words...)
	if reason == "" {
		if err != nil {
			t.Errorf("Check(%q, %q) = %v (%s), want nil", text, words, err, fieldOf(err))
		}
		return
	}
	if got := fieldOf(err); fault.Of(err) != fault.CodeWeakPassword || got != reason {
		t.Errorf("Check(%q, %q) = %v (%q), want %s (%q)", text, words, err, got, fault.CodeWeakPassword, reason)
	}
}

func TestPolicyLength(t *testing.T) {
	const random = "vq7#Lm2 xz8V-kt4Rw9h"
	cases := []struct {
		name   string
		p      password.Policy
		text   string
		reason string
	}{
		{"PW-01 14 code points alone", alone, random[:14], password.ReasonTooShort},
		{"PW-01 15 code points alone", alone, random[:15], ""},
		{"PW-01 7 code points with a second factor", second, random[:7], password.ReasonTooShort},
		{"PW-01 8 code points with a second factor", second, random[:8], ""},
		{"PW-01 no setting goes below 8", password.Policy{MinLength: 1}, random[:7], password.ReasonTooShort},
		{"PW-01 a minimum above 15", password.Policy{MinLength: 20}, random[:19], password.ReasonTooShort},
		{"PW-01 a minimum above 15 reached", password.Policy{MinLength: 20}, random, ""},
		{"PW-03 14 code points of 28 bytes", alone, "жёлтыйслондруг", password.ReasonTooShort},
		{"PW-03 15 code points of 30 bytes", alone, "жёлтыйслондруга", ""},
		{"PW-03 a decomposed é counts once", alone, "vq7#Lm2 xz8V-e\u0301", password.ReasonTooShort},
		{"PW-03 emoji count once each", second, "😀🎉🚗🌧🐘🍕🎸", password.ReasonTooShort},
		{"PW-02 64 code points", alone, strings.Repeat("x", 40) + " correct horse battery 😀", ""},
		{"PW-02 1000 bytes", alone, strings.Repeat("correct horse battery staple, ", 34)[:1000], ""},
		{"PW-04 lower case alone is enough", alone, "violet kettle orbit sandal", ""},
		{"PW-04 digits alone are enough", alone, "83920175648201957", ""},
		{"PW-04 no Latin letter is needed", alone, "пароль для сервера", ""},
		{"PW-04 Japanese", alone, "天気がいいから散歩しましょう今日は", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { wantChecked(t, c.p, c.text, c.reason) })
	}
	t.Run("PW-05 the reason is a sentence without the password", func(t *testing.T) {
		var e *fault.Error
		if !errors.As(alone.Check(random[:10]), &e) || !strings.Contains(e.Fields[0].Message, "15") ||
			strings.Contains(e.Fields[0].Message, random[:10]) {
			t.Errorf("got %+v, want a message that names 15 characters only", e)
		}
	})
}

func TestPolicyCommon(t *testing.T) {
	t.Run("PW-05 the list has at least 3000 passwords for either minimum", func(t *testing.T) {
		for _, file := range []string{"common15.bin", "common8.bin"} {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got := len(data) / 5; len(data)%5 != 0 || got < 3000 {
				t.Errorf("%s has %d records, want at least 3000 whole ones", file, got)
			}
		}
	})
	// Another list, ranked by another program, must be found in ours.
	listed := frequency.FrequencyLists["passwords"]
	t.Run("PW-05 the 3000 most common of 8 and more are refused", func(t *testing.T) {
		common := 0
		for _, w := range atLeast(listed, 8, 3000) {
			err := second.Check(w)
			if fault.Of(err) != fault.CodeWeakPassword {
				t.Errorf("Check(%q) = %v, want it refused", w, err)
			}
			if fieldOf(err) == password.ReasonCommon {
				common++
			}
		}
		if common < 2900 {
			t.Errorf("%d of 3000 are on our list, want nearly all", common)
		}
	})
	t.Run("PW-05 the common ones of 15 and more are refused", func(t *testing.T) {
		long := atLeast(listed, 15, 3000)
		for _, w := range long {
			wantChecked(t, alone, w, password.ReasonCommon)
		}
		if len(long) < 30 {
			t.Errorf("tried %d, want at least 30", len(long))
		}
	})
	cases := []struct{ name, text, reason string }{
		{"as listed", "passwordpassword", password.ReasonCommon},
		{"in another case", "PassWordPassWord", password.ReasonCommon},
		{"listed digits", "123456789123456789", password.ReasonCommon},
		{"a part of a longer one is no matter", "passwordpassword and other tales", ""},
	}
	for _, c := range cases {
		t.Run("PW-05 "+c.name, func(t *testing.T) { wantChecked(t, alone, c.text, c.reason) })
	}
}

// atLeast returns the first limit words of n or more code points.
func atLeast(words []string, n, limit int) []string {
	var out []string
	for _, w := range words {
		if utf8.RuneCountInString(w) >= n && len(out) < limit {
			out = append(out, w)
		}
	}
	return out
}

func TestPolicyPadding(t *testing.T) {
	fill := func(w, with string) string {
		for len(w) < 15 {
			w += with
		}
		return w
	}
	ways := map[string]func(string) string{
		"repeated":                func(w string) string { return fill(w+w, w) },
		"repeated with a digit":   func(w string) string { return fill(w+w, w) + "1" },
		"counted up behind":       func(w string) string { return w + "123456789012345"[:max(1, 15-len(w))] },
		"counted up in front":     func(w string) string { return "123456789012345"[:max(1, 15-len(w))] + w },
		"filled with !":           func(w string) string { return fill(w, "!") },
		"filled with spaces":      func(w string) string { return fill(w, " ") },
		"filled with its end":     func(w string) string { return fill(w, w[len(w)-1:]) },
		"capitalised, with ones":  func(w string) string { return fill(strings.ToUpper(w[:1])+w[1:], "1") },
		"written backwards twice": func(w string) string { return fill(reversed(w), reversed(w)) },
	}
	words := frequency.FrequencyLists["passwords"][:300]
	for name, pad := range ways {
		t.Run("PW-05 a common password "+name, func(t *testing.T) {
			for _, w := range words {
				if err := alone.Check(pad(w)); fault.Of(err) != fault.CodeWeakPassword {
					t.Errorf("Check(%q) = %v, want it refused", pad(w), err)
				}
			}
		})
	}
	cases := map[string]string{
		"digits in order":             "123456789012345",
		"letters in order":            "abcdefghijklmnop",
		"letters in order, Cyrillic":  "абвгдежзийклмноп",
		"one letter":                  strings.Repeat("a", 15),
		"one accented letter":         strings.Repeat("é", 15),
		"one emoji":                   strings.Repeat("😀", 16),
		"one letter 1000 times":       strings.Repeat("a", 1000),
		"keys side by side":           "qwertyuiopasdfgh",
		"keys in columns":             "1qaz2wsx3edc4rf",
		"a short unit over and over":  strings.Repeat("xkfpwqz", 30),
		"a Cyrillic unit three times": "парольпарольпароль",
	}
	for name, text := range cases {
		t.Run("PW-05 "+name, func(t *testing.T) {
			if err := alone.Check(text); fault.Of(err) != fault.CodeWeakPassword {
				t.Errorf("Check(%q) = %v, want it refused", text, err)
			}
		})
	}
	t.Run("PW-05 a weak beginning of a strong password is no matter", func(t *testing.T) {
		wantChecked(t, alone, strings.Repeat("a", 64)+"correct horse battery", "")
	})
}

func reversed(s string) string {
	out := []byte{}
	for i := len(s) - 1; i >= 0; i-- {
		out = append(out, s[i])
	}
	return string(out)
}

func TestPolicyContext(t *testing.T) {
	here := password.Policy{Context: []string{"Sallyport"}}
	here8 := password.Policy{MinLength: 8, Context: []string{"Sallyport"}}
	mail, name := "alexandra.johnson@example.org", "Alexandra Johnson"
	cases := []struct {
		name   string
		p      password.Policy
		text   string
		reason string
	}{
		{"the product", here8, "sallyport", password.ReasonContext},
		{"the product in another case", here8, "SallyPort", password.ReasonContext},
		{"the product twice", here, "sallyport sallyport", password.ReasonContext},
		{"the product and padding", here, "Sallyport2024!!!", password.ReasonContext},
		{"the e-mail address", here, mail, password.ReasonContext},
		{"the local part", here, "alexandra.johnson", password.ReasonContext},
		{"the name without its space", here, "AlexandraJohnson", password.ReasonContext},
		{"the name turned round", here, "Johnson, Alexandra", password.ReasonContext},
		{"a name and a year", here8, "Johnson1985", password.ReasonContext},
		{"the name backwards", here, "nosnhojardnaxela", password.ReasonPredictable},
		{"a name inside a long password", here, "johnson keeps violet kettles", ""},
		{"no name at all", here, good, ""},
	}
	for _, c := range cases {
		t.Run("PW-05 "+c.name, func(t *testing.T) { wantChecked(t, c.p, c.text, c.reason, mail, name) })
	}
	t.Run("PW-05 words too short to mean anything are passed over", func(t *testing.T) {
		wantChecked(t, second, "vq7#Lm2x", "", "v", "q7", "", "@", "m2@x")
	})
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{good, "", "\xff", "парольпароль", "😀😀😀😀😀😀😀😀", strings.Repeat("4@8({[<369!|170$5+7%2z", 3), "\u0345\u0344"} {
		f.Add(s, "Alex Johnson")
	}
	f.Fuzz(func(t *testing.T, text, word string) {
		if err := second.Check(text, word); err != nil && (fault.Of(err) != fault.CodeWeakPassword || fieldOf(err) == "") {
			t.Fatalf("Check(%q, %q) = %v, want a refusal with one field", text, word, err)
		}
	})
}
