package password

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/sallyport/sallyport/internal/fault"
)

// MaxBytes is the longest password accepted, in bytes of UTF-8 as sent (PW-02).
const MaxBytes = 1024

// TooLong reports whether password is beyond MaxBytes. Callers ask this before
// any work, even before they look the user up.
func TooLong(password string) bool { return len(password) > MaxBytes }

// Normalize gives the form of password that is hashed, both when it is set and
// when it is checked, so that "é" is the same password however a keyboard
// composed it. It does what the OpaqueString profile of RFC 8265 does to text:
// every Unicode space becomes U+0020 and the result is in NFC. Nothing else
// changes: no trimming, no case folding, no cutting.
//
// It refuses less than that profile. The profile turns down emoji that carry a
// variation selector or a joiner and every character younger than its tables;
// PW-02 wants them accepted, so only what cannot be meant as a password is
// refused, with fault.CodeInvalidRequest and one of these field codes: "empty",
// "not_text" (not UTF-8), "control_character" (such as a tab or a line break).
//
// Normalize(Normalize(x)) is Normalize(x).
func Normalize(password string) (string, error) {
	switch {
	case password == "":
		return "", invalid("empty", "Enter a password.")
	case !utf8.ValidString(password):
		return "", invalid("not_text", "The password is not valid UTF-8 text.")
	case strings.ContainsFunc(password, unicode.IsControl):
		return "", invalid("control_character", "The password contains a control character, such as a tab or a line break.")
	}
	return norm.NFC.String(strings.Map(plainSpace, password)), nil
}

// plainSpace maps every space separator (Unicode category Zs) to U+0020.
func plainSpace(r rune) rune {
	if unicode.Is(unicode.Zs, r) {
		return ' '
	}
	return r
}

// accept is the common start of hashing and of checking: the length first, then
// the normal form.
func accept(password string) (string, error) {
	if TooLong(password) {
		return "", invalid("too_long", tooLongMessage)
	}
	return Normalize(password)
}

const tooLongMessage = "The password is longer than 1024 bytes."

func invalid(code, message string) error { return fault.InvalidField("password", message, code) }

// asWeak turns the refusal of Normalize into that of a new password.
func asWeak(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) {
		return err
	}
	return fault.New(fault.CodeWeakPassword).WithFields(e.Fields...)
}
