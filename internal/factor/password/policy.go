package password

import (
	"fmt"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/factor/password/fingerprint"
	"github.com/sallyport/sallyport/internal/fault"
)

// Minimum lengths in code points (63B section 3.1.1.2): DefaultMinLength where
// the password may be the only factor, FloorMinLength where a second factor is
// enforced. No setting goes below the floor.
const (
	DefaultMinLength = 15
	FloorMinLength   = 8
)

// Policy says which new passwords are accepted. It asks for length and refuses
// guessable ones; it has no rules of composition (PW-04). The zero Policy is the
// default one. It judges new passwords only: a password that was set before is
// checked by Hasher.Verify whatever the policy says now.
type Policy struct {
	// MinLength is the least number of code points; DefaultMinLength if 0, and
	// never less than FloorMinLength.
	MinLength int
	// Breached is the operator's list of breached passwords; nil for none.
	Breached *Blocklist
	// Context holds words that are predictable here for everybody, such as the
	// name of the product.
	Context []string
}

// Why a password is refused: the codes of the field that Check returns, next to
// those of Normalize.
const (
	ReasonTooShort    = "too_short"   // fewer code points than the policy asks
	ReasonTooLong     = "too_long"    // more than MaxBytes
	ReasonCommon      = "common"      // on the built-in list
	ReasonBreached    = "breached"    // on the operator's list
	ReasonContext     = "context"     // little more than a name that is known here
	ReasonPredictable = "predictable" // few guesses are enough
)

// Check returns nil when password may be set, else a fault.CodeWeakPassword with
// one field that says why, in a sentence for the user. Further context words are
// those of this user: name, user name, e-mail address or its local part.
//
// The whole password is compared, without regard to case (PW-05). So that the
// length is not reached by padding something that would be refused, two more
// rules hold: context words need at least 8 code points around them, and the
// whole must withstand a number of guesses by the estimate of package guess, 10^10
// under a minimum of 15 and 10^8 under a shorter one. That covers listed words
// repeated or padded, keyboard walks and sequences.
//
// It needs no hashing, and a few milliseconds for the worst of texts.
func (p Policy) Check(password string, contextWords ...string) error {
	if TooLong(password) {
		return refuse(ReasonTooLong, tooLongMessage)
	}
	text, err := Normalize(password)
	if err != nil {
		return asWeak(err)
	}
	if least := p.minimum(); utf8.RuneCountInString(text) < least {
		return refuse(ReasonTooShort, fmt.Sprintf("Use at least %d characters.", least))
	}
	return p.guessable(text, contextOf(p.Context, contextWords))
}

func (p Policy) minimum() int {
	if p.MinLength == 0 {
		return DefaultMinLength
	}
	return max(p.MinLength, FloorMinLength)
}

// What a new password must withstand by the estimate of package guess. 10^8 is
// where the method begins to call a password safe against somebody who holds the
// hashes but must try slowly; a password that may be the only factor has to do
// better.
const (
	guessesWithSecondFactor = 1e8
	guessesAlone            = 1e10
)

func (p Policy) leastGuesses() float64 {
	if p.minimum() < DefaultMinLength {
		return guessesWithSecondFactor
	}
	return guessesAlone
}

// guessable refuses a text of sufficient length that somebody would try.
func (p Policy) guessable(text string, words []string) error {
	folded := fingerprint.Fold(text)
	switch {
	case isCommon(folded):
		return refuse(ReasonCommon, "Many people use this password, so it is among the first to be tried.")
	case p.Breached.Has(text):
		return refuse(ReasonBreached, "This password is known from a data breach elsewhere.")
	case mostlyContext(folded, words):
		return refuse(ReasonContext, "This is little more than a name that anyone would try here.")
	case !withstands(text, words, p.leastGuesses()):
		return refuse(ReasonPredictable, "This follows patterns that are quick to guess; a few unrelated words are better.")
	}
	return nil
}

func refuse(code, message string) error {
	return fault.New(fault.CodeWeakPassword).WithFields(fault.Field{Path: "password", Code: code, Message: message})
}
