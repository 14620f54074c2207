package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/sallyport/sallyport/internal/fault"
)

// MaxAddress is the longest e-mail address in bytes (RFC 5321 §4.5.3.1.3).
const MaxAddress = 254

// Address is one e-mail address in the form to show and in the form that is
// unique.
type Address struct {
	Display   string
	Canonical string
}

// ParseAddress reads exactly one e-mail address (RC-09). The canonical form has
// the domain in lower-case ASCII (IDNA) and the local part NFC and case-folded.
// Display names, lists, quoted local parts, address literals, comments, control
// characters and anything over MaxAddress bytes are refused with
// fault.CodeInvalidRequest.
func ParseAddress(s string) (Address, error) {
	refuse := fault.InvalidField("email", "Enter one e-mail address, such as ada@example.org.", "invalid_email")
	s = strings.TrimSpace(s)
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > MaxAddress || !utf8.ValidString(s) || !goodLocal(local) {
		return Address{}, refuse
	}
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(domain, "."))
	if err != nil || !goodDomain(ascii) {
		return Address{}, refuse
	}
	ascii = strings.ToLower(ascii)
	local = norm.NFC.String(local)
	folded := norm.NFC.String(cases.Fold().String(local))
	a := Address{Display: local + "@" + ascii, Canonical: folded + "@" + ascii}
	if len(a.Canonical) > MaxAddress || len(a.Display) > MaxAddress {
		return Address{}, refuse
	}
	return a, nil
}

// CanonicalOrRaw returns the canonical form of s, or for text that is no address
// a cut copy of it: something to look up and to count by that matches nobody.
func CanonicalOrRaw(s string) string {
	if a, err := ParseAddress(s); err == nil {
		return a.Canonical
	}
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	return "invalid:" + s[:min(len(s), MaxAddress)]
}

// searchable returns the words a search begins with in the form that addresses are
// stored in, as far as a part of an address allows.
func searchable(words string) string {
	words = strings.ToValidUTF8(strings.ReplaceAll(strings.TrimSpace(words), "\x00", ""), "")
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(words)))
}

// goodLocal accepts a dot-atom (RFC 5322 §3.2.3) with letters and digits of any
// script (RFC 6531), at most 64 bytes.
func goodLocal(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf && strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r):
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.Mn, r), unicode.Is(unicode.Mc, r):
		default:
			return false
		}
	}
	return true
}

// goodDomain accepts a host name with at least two labels of letters, digits and
// hyphens whose last is not a number.
func goodDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(s) > 253 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for _, c := range []byte(l) {
			if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	last := labels[len(labels)-1]
	return strings.Trim(last, "0123456789") != ""
}

// MaxName is the longest display name in code points.
const MaxName = 100

// CleanName returns a display name fit to show, or fault.CodeInvalidRequest: NFC,
// trimmed, no control or direction characters, at most MaxName code points.
func CleanName(s string) (string, error) {
	s = norm.NFC.String(strings.TrimSpace(s))
	bad := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError
	}
	if utf8.RuneCountInString(s) > MaxName || strings.ContainsFunc(s, bad) {
		return "", fault.InvalidField("name", "Use at most 100 characters, without control characters.", "invalid_name")
	}
	return s, nil
}
