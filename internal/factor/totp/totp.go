package totp

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/proof"
)

// The figures of every code.
const (
	Digits     = 6
	Step       = 30 * time.Second
	secretSize = 20 // 160 bits (RFC 4226 §4 R6, TO-01)
)

// Store is what the factor needs of the database.
type Store interface {
	// Enrolments lists the user's factors of every method.
	Enrolments(ctx context.Context, userID string, now time.Time) ([]factor.Enrolment, error)
	// AcceptStep spends a time step; touched is false when it or a newer one was
	// spent before.
	AcceptStep(ctx context.Context, userID, id string, step int64, now time.Time) (touched bool, err error)
}

// Factor checks codes of authenticator apps.
type Factor struct {
	Store Store
	Clock clock.Clock
	// Back is how many steps before the current one are accepted: 0 or 1 (TO-03).
	Back int
}

// Method names the factor.
func (f Factor) Method() proof.Method { return proof.TOTP }

// NewSecret returns a fresh 160-bit secret.
func (Factor) NewSecret() []byte {
	b := make([]byte, secretSize)
	rand.Read(b)
	return b
}

// Encode gives a secret in the form people type: base32 without padding.
func Encode(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// Check accepts a code of any of the user's apps, once.
func (f Factor) Check(ctx context.Context, s factor.Subject, answer string) (proof.Proof, error) {
	code, err := f.Read(answer)
	if err != nil {
		return proof.Proof{}, err
	}
	now := f.Clock()
	all, err := f.Store.Enrolments(ctx, s.UserID, now)
	if err != nil {
		return proof.Proof{}, err
	}
	for _, e := range all {
		if e.Method != proof.TOTP || !e.Enabled {
			continue
		}
		step, ok, err := f.Match(e.Secret, code, now)
		if err != nil {
			return proof.Proof{}, err
		}
		if !ok {
			continue
		}
		touched, err := f.Store.AcceptStep(ctx, s.UserID, e.ID, step, now)
		if err != nil {
			return proof.Proof{}, err
		}
		if !touched {
			return proof.Proof{}, factor.Wrong{Reason: "replayed"}
		}
		return proof.Proof{Method: proof.TOTP, Ref: e.ID}, nil
	}
	return proof.Proof{}, factor.Wrong{Reason: "wrong_code"}
}

// Read returns a code as it is compared: the answer without the white space
// around it must be exactly six ASCII digits, else factor.ErrMalformed (TO-05).
func (Factor) Read(answer string) (string, error) {
	answer = strings.TrimSpace(answer)
	if len(answer) != Digits || strings.Trim(answer, "0123456789") != "" {
		return "", factor.ErrMalformed
	}
	return answer, nil
}

// StepAt is the number of the time step of an instant (RFC 6238 §4.2).
func StepAt(now time.Time) int64 { return now.Unix() / int64(Step.Seconds()) }

// Match returns the accepted step that code belongs to at now. It compares in
// constant time against every accepted step (TO-06).
func (f Factor) Match(secret []byte, code string, now time.Time) (step int64, ok bool, err error) {
	current := StepAt(now)
	for back := range int64(f.Back) + 1 {
		want, err := Code(secret, current-back)
		if err != nil {
			return 0, false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && !ok {
			step, ok = current-back, true
		}
	}
	return step, ok, nil
}

// Code returns the code of a time step.
func Code(secret []byte, step int64) (string, error) {
	return hotp.GenerateCodeCustom(Encode(secret), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
}
