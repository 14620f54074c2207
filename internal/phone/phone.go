package phone

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// longest is how many characters of input are looked at; E.164 has 15 digits,
// the rest is room for spaces and brackets.
const longest = 40

// Number is a phone number that can receive an SMS.
type Number struct {
	// E164 is the one canonical form (ITU-T E.164): "+14155550132".
	E164 string
	// Country is where the number belongs, as ISO 3166-1 alpha-2: "GB". Numbers of
	// one calling code may lie in several countries: Jersey is "JE", not "GB".
	Country string
}

// Problem is why a number was refused. It never repeats the number.
type Problem struct {
	Code    string // stable, for clients: the field's code
	Message string // one sentence for a person
}

// Error gives the sentence.
func (p *Problem) Error() string { return "phone: " + p.Message }

// Is reports whether target is a *Problem of the same code.
func (p *Problem) Is(target error) bool {
	var t *Problem
	return errors.As(target, &t) && t.Code == p.Code
}

// The codes of refusals.
const (
	CodeShape     = "not_a_number"   // cannot be read as a phone number
	CodeCountry   = "country_needed" // no country code, and no default to take
	CodeExtension = "extension"      // leads into a switchboard
	CodeInvalid   = "invalid_number" // no such number can exist in its country
	CodePremium   = "premium_number" // costs more than an SMS should
	CodeNoSMS     = "no_sms"         // a landline, or of no country
)

func problem(code string) *Problem {
	messages := map[string]string{
		CodeShape:     "Write a phone number in digits, with its country code in front: +1 415 555 0132.",
		CodeCountry:   "Put the country code in front: +1 415 555 0132.",
		CodeExtension: "Numbers with an extension cannot receive SMS.",
		CodeInvalid:   "There is no such number in that country.",
		CodePremium:   "Numbers at special rates cannot be used.",
		CodeNoSMS:     "This number cannot receive SMS; use that of a mobile phone.",
	}
	return &Problem{code, messages[code]}
}

// Parse reads a number as a person writes it. A number without country code
// belongs to region, an ISO 3166-1 alpha-2 code; where that is empty, it is
// refused. The error is a *Problem.
func Parse(input, region string) (Number, error) {
	clean, err := tidy(input)
	if err != nil {
		return Number{}, err
	}
	n, err := phonenumbers.Parse(clean, strings.ToUpper(region))
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode) && !strings.HasPrefix(clean, "+"):
		return Number{}, problem(CodeCountry)
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return Number{}, problem(CodeInvalid)
	case err != nil:
		return Number{}, problem(CodeShape)
	case n.GetExtension() != "":
		return Number{}, problem(CodeExtension)
	case !phonenumbers.IsValidNumber(n):
		return Number{}, problem(CodeInvalid)
	}
	if err := reachable(n); err != nil {
		return Number{}, err
	}
	return Number{phonenumbers.Format(n, phonenumbers.E164), phonenumbers.GetRegionCodeForNumber(n)}, nil
}

// tidy leaves ASCII digits and a plus in front, and refuses what is no number.
// Digits of every script count as the digit they are, so that writing a number
// differently never makes it another one. Brackets stay, for "+44 (0)7400".
func tidy(input string) (string, error) {
	if utf8.RuneCountInString(input) > longest || !utf8.ValidString(input) {
		return "", problem(CodeShape)
	}
	var b strings.Builder
	for _, r := range input {
		switch {
		case unicode.IsDigit(r):
			b.WriteByte('0' + digit(r))
		case r == '+' || r == '＋':
			if b.Len() > 0 {
				return "", problem(CodeShape)
			}
			b.WriteByte('+')
		case r == '(' || r == ')':
			b.WriteRune(r)
		case unicode.Is(unicode.Zs, r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("./\t", r):
			// spaces, dashes, dots, and the invisible marks that copying brings along
		case b.Len() > 0 && (strings.ContainsRune(";,#*~", r) || unicode.IsLetter(r)):
			return "", problem(CodeExtension)
		default:
			return "", problem(CodeShape)
		}
	}
	return b.String(), nil
}

// digit gives the value of a decimal digit of any script. Unicode keeps them in
// runs of ten that begin with zero (chapter 4.6 of the standard). The library
// knows few scripts and lets the digits of the others through unread.
func digit(r rune) byte {
	for _, x := range unicode.Nd.R16 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return byte((r - rune(x.Lo)) % 10)
		}
	}
	for _, x := range unicode.Nd.R32 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return byte((r - rune(x.Lo)) % 10)
		}
	}
	return 0 // not reached: the caller asks for digits only
}

// reachable refuses numbers that no SMS should go to. In countries where mobile
// and fixed numbers look alike, both pass.
func reachable(n *phonenumbers.PhoneNumber) error {
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE:
	case phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST, phonenumbers.PERSONAL_NUMBER, phonenumbers.UAN:
		return problem(CodePremium)
	default:
		return problem(CodeNoSMS)
	}
	if len(phonenumbers.GetRegionCodeForNumber(n)) != 2 { // satellites and the like are in "001"
		return problem(CodePremium)
	}
	return nil
}

// Known reports whether country is the ISO 3166-1 alpha-2 code, in capitals, of a
// country with phone numbers, for checking settings.
func Known(country string) bool {
	return len(country) == 2 && phonenumbers.GetSupportedRegions()[country]
}
