package message

import (
	"context"
	"errors"
	"time"
)

// Sender hands a message to a carrier.
type Sender interface {
	// Send returns once the carrier has taken the message, with the carrier's name
	// for it, or with the reason it did not. It keeps within ctx. It tells the
	// carrier the message's ID, so that a second try after a crash is recognisable
	// as the same message; from the second attempt on, an earlier one may have
	// gone out without our knowing. An error made by Refused is final; after any
	// other error the message is tried again.
	Send(ctx context.Context, q Queued, r Rendered) (carrierID string, err error)
}

// Failure is an error of a carrier that says what to do next.
type Failure struct {
	// Code is a short stable word for metrics and operators: "smtp_550",
	// "twilio_21211", "timeout".
	Code string
	// Final is set when trying again cannot help.
	Final bool
	// After is the least time to wait before the next try, where the carrier named
	// one.
	After time.Duration
	// Err is the cause. It holds no credential.
	Err error
}

// Refused returns a failure that is final: the carrier will never take this
// message.
func Refused(code string, err error) *Failure { return &Failure{Code: code, Final: true, Err: err} }

// Postponed returns a failure after which the message is tried again, no sooner
// than after has passed.
func Postponed(code string, after time.Duration, err error) *Failure {
	return &Failure{Code: code, After: after, Err: err}
}

// Error gives the code and the cause.
func (f *Failure) Error() string {
	if f.Err == nil {
		return f.Code
	}
	return f.Code + ": " + f.Err.Error()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (f *Failure) Unwrap() error { return f.Err }

// failureOf reads an error of a Sender: what is not a *Failure is worth another
// try.
func failureOf(err error) Failure {
	var f *Failure
	switch {
	case errors.As(err, &f):
		return *f
	case errors.Is(err, context.DeadlineExceeded):
		return Failure{Code: "timeout", Err: err}
	default:
		return Failure{Code: "error", Err: err}
	}
}
