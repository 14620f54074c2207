package phone_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/sallyport/sallyport/internal/phone"
)

func TestOT08OneFormForOneNumber(t *testing.T) {
	tests := []struct {
		name    string
		region  string
		inputs  []string
		e164    string
		country string
	}{
		{"British mobile", "GB", []string{
			"+447400123456", "+44 7400 123456", "+44 (0)7400 123456", "+44(0)7400-123-456", "07400 123456", "07400/123.456", "(07400) 123456",
			"0044 7400 123456", " +44 7400 123456\t", "＋４４７４００１２３４５６", "+٤٤٧٤٠٠١٢٣٤٥٦", "+४४ ७४०० १२३४५६", "+44\u00a07400\u2011123\u2013456",
			"\u202a+44 7400 123456\u202c", "\u200e+44\u200b7400123456", "+44--7400..123456", "+44𝟕𝟒𝟎𝟎𝟏𝟐𝟑𝟒𝟓𝟔",
		}, "+447400123456", "GB"},
		{"American number", "US", []string{"+14155550132", "(415) 555-0132", "1-415-555-0132", "+1 (415) 555-0132", "4155550132", "011 1 415 555 0132"}, "+14155550132", "US"},
		{"Canadian number under the same code", "US", []string{"+1 604 555 0132", "604-555-0132"}, "+16045550132", "CA"},
		{"German mobile", "DE", []string{"+49 1512 3456789", "01512 3456789", "+49 (0) 1512 / 3456789", "0049-1512-3456789"}, "+4915123456789", "DE"},
		{"Italian mobile", "IT", []string{"+39 312 345 6789", "312 3456789"}, "+393123456789", "IT"},
		{"Argentinian mobile, both ways", "AR", []string{"+54 9 11 2345 6789", "011 15 2345-6789"}, "+5491123456789", "AR"},
		{"Mexican mobile", "MX", []string{"+52 55 1234 5678", "55 1234 5678"}, "+525512345678", "MX"},
		{"Jersey, not Britain", "GB", []string{"+44 7797 712345", "07797 712345"}, "+447797712345", "JE"},
	}
	for _, tt := range tests {
		t.Run("OT-08 "+tt.name, func(t *testing.T) {
			want := phone.Number{E164: tt.e164, Country: tt.country}
			for _, in := range tt.inputs {
				if got, err := phone.Parse(in, tt.region); err != nil || got != want {
					t.Errorf("%q: got %+v, %v; want %+v", in, got, err, want)
				}
			}
			for _, region := range []string{"", "GB", "US", "JP", strings.ToLower(tt.region)} {
				if got, err := phone.Parse(tt.e164, region); err != nil || got != want {
					t.Errorf("canonical form in %q: got %+v, %v; want %+v", region, got, err, want)
				}
			}
		})
	}
}

func TestOT08DigitsOfEveryScript(t *testing.T) {
	scripts := 0
	zeros := func(lo, hi rune, stride int) {
		if stride != 1 || (hi-lo+1)%10 != 0 {
			t.Fatalf("digits %U to %U are not in runs of ten", lo, hi)
		}
		for zero := lo; zero <= hi; zero += 10 {
			scripts++
			var b strings.Builder
			b.WriteString("+")
			for _, d := range "14155550132" {
				b.WriteRune(zero + d - '0')
			}
			if got, err := phone.Parse(b.String(), ""); err != nil || got.E164 != "+14155550132" {
				t.Errorf("%U %q: got %+v, %v", zero, b.String(), got, err)
			}
		}
	}
	for _, x := range unicode.Nd.R16 {
		zeros(rune(x.Lo), rune(x.Hi), int(x.Stride))
	}
	for _, x := range unicode.Nd.R32 {
		zeros(rune(x.Lo), rune(x.Hi), int(x.Stride))
	}
	if scripts < 50 {
		t.Errorf("tried %d scripts, want at least 50", scripts)
	}
}

func TestOT08Refusals(t *testing.T) {
	tests := []struct {
		name, code string
		inputs     []string
	}{
		{"no number", phone.CodeShape, []string{"", " ", "+", "()", "abc", "x", "+44", "+44 1", "1", "mailto:a@b.c", "tel:+447400123456", "+44+7400123456", "447700+900123", "+44 7400 123456\n", "+44\x007400123456", "+44 7400 123456\xff", "☎ +447400123456", "'+447400123456", "+44%207400123456", strings.Repeat("+44 7400 123456", 10), strings.Repeat("1", 41), strings.Repeat("(", 40)}},
		{"no country code", phone.CodeCountry, []string{"07400 123456", "7400123456", "4155550132", "0044 7400 123456"}},
		{"extension", phone.CodeExtension, []string{
			"+447400123456;ext=1", "+447400123456;isub=1", "+447400123456 ext. 5", "+447400123456 x5", "+447400123456X5", "+447400123456#5", "+447400123456,5",
			"+447400123456,,5", "+447400123456*5", "+447400123456~5", "+447400123456 доб. 5", "+447400123456;phone-context=+44", "+1-800-FLOWERS",
		}},
		{"no such number", phone.CodeInvalid, []string{"+999 1234567", "+0 7400123456", "+52 1 55 1234 5678", "+44 7700 900123", "+1 415 555 01", "+44 7400 1234564", "+1 055 555 0132", "+21 2345678"}},
		{"special rates", phone.CodePremium, []string{
			"+44 909 879 0123", "+1 900 234 5678", "+49 900 1234567", "+44 7012 345678", "+44 844 123 4567", "+44 5512 345678", "+1 500 234 5678",
			"+881 612 345 678", "+979 123 456 789",
		}},
		{"no SMS", phone.CodeNoSMS, []string{"+44 20 7946 0123", "+49 30 123456", "+44 800 123 4567", "+1 800 234 5678", "+33 1 23 45 67 89", "+44 7640 123456", "+44 56 1234 5678", "+882 16 1234 5678"}},
	}
	for _, tt := range tests {
		for _, in := range tt.inputs {
			t.Run("OT-08 "+tt.name+" "+in, func(t *testing.T) {
				got, err := phone.Parse(in, "")
				var p *phone.Problem
				if !errors.As(err, &p) || p.Code != tt.code {
					t.Fatalf("got %+v, %v (%+v); want %s", got, err, p, tt.code)
				}
				if p.Message == "" || len(in) > 4 && strings.Contains(p.Message, in) {
					t.Errorf("message: %q", p.Message)
				}
			})
		}
	}
}

func TestProblemsCompareByCode(t *testing.T) {
	_, err := phone.Parse("x", "")
	if !errors.Is(err, &phone.Problem{Code: phone.CodeShape}) || errors.Is(err, &phone.Problem{Code: phone.CodeNoSMS}) {
		t.Errorf("got %v, want a problem of code %s only", err, phone.CodeShape)
	}
}

func TestKnown(t *testing.T) {
	for in, want := range map[string]bool{"GB": true, "US": true, "JE": true, "gb": false, "ZZ": false, "001": false, "": false, "UK": false} {
		if got := phone.Known(in); got != want {
			t.Errorf("%q: got %t, want %t", in, got, want)
		}
	}
}

var canonical = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func FuzzParse(f *testing.F) {
	for _, in := range []string{"+44 (0)7400 123456", "(415) 555-0132", "+447400123456;ext=1", "＋４４７４００１２３４５６", "00", "+1 (", "+٤٤", "+54 9 11 2345 6789"} {
		f.Add(in, "GB")
		f.Add(in, "")
	}
	f.Fuzz(func(t *testing.T, in, region string) {
		n, err := phone.Parse(in, region)
		if err != nil {
			var p *phone.Problem
			if !errors.As(err, &p) || p.Message == "" {
				t.Fatalf("Parse(%q, %q): got %v, want a problem", in, region, err)
			}
			return
		}
		if !canonical.MatchString(n.E164) || !phone.Known(n.Country) {
			t.Fatalf("Parse(%q, %q) = %+v, not canonical", in, region, n)
		}
		for _, other := range []string{"", "US", "IT"} {
			if again, err := phone.Parse(n.E164, other); err != nil || again != n {
				t.Fatalf("OT-08 Parse(%q, %q) = %+v, but again in %q: %+v, %v", in, region, n, other, again, err)
			}
		}
	})
}
