package fault

import (
	"errors"
	"time"
)

// Kind groups codes by what the caller can do about them. Each kind is one
// HTTP status.
type Kind int

// The kinds, each with the status internal/httpapi answers for it.
const (
	Internal         Kind = iota // 500: our fault; the text never leaves
	Malformed                    // 400: the request cannot be read or is out of sequence
	Unauthenticated              // 401: no valid token, or a wrong credential
	Forbidden                    // 403: known who you are, still no
	NotFound                     // 404
	MethodNotAllowed             // 405
	NotAcceptable                // 406
	Timeout                      // 408: the body did not arrive in time
	Conflict                     // 409: the state does not allow it
	TooLarge                     // 413
	UnsupportedMedia             // 415
	Invalid                      // 422: read, but a value is refused
	TooMany                      // 429: a limit; RetryAfter says when
	Unavailable                  // 503: try again; RetryAfter says when
)

// Field names one refused value of the request. Message never repeats the
// value itself.
type Field struct {
	// Path is the place in the request: "email", "body.password", "query.limit".
	Path string `json:"path"`
	// Message says what is expected there, in one sentence.
	Message string `json:"message"`
	// Code is the machine-readable reason where there is one, such as "breached".
	Code string `json:"code,omitempty"`
}

// Error is an error a client may see: a stable code, a sentence for people and,
// for the log only, the cause.
type Error struct {
	Code   Code
	Detail string  // one sentence for a person; empty: the code's own
	Fields []Field // refused values, for forms
	// RetryAfter is how long to wait, for TooMany and Unavailable; zero: unsaid.
	RetryAfter time.Duration
	// Need carries what a step-up demands (RFC 9470), for CodeStepUpRequired.
	Need *Need
	// cause is logged and never sent.
	cause error
}

// Need says which proof a guarded action asks for (RFC 9470).
type Need struct {
	ACR     string        // "aal1" or "aal2"
	MaxAge  time.Duration // how fresh the proof must be
	Methods []string      // the factors that would do
}

// New returns an error of that code with the code's own sentence.
func New(code Code) *Error { return &Error{Code: code} }

// Because returns an error of that code that hides cause from the client and
// keeps it for the log.
func Because(code Code, cause error) *Error { return &Error{Code: code, cause: cause} }

// InvalidField returns CodeInvalidRequest for one refused value.
func InvalidField(path, message, code string) *Error {
	return &Error{Code: CodeInvalidRequest, Fields: []Field{{Path: path, Message: message, Code: code}}}
}

// WithDetail returns a copy that says detail instead of the code's sentence.
// The detail is sent to the client: it never holds a secret nor a refused value.
func (e *Error) WithDetail(detail string) *Error {
	c := *e
	c.Detail = detail
	return &c
}

// WithFields returns a copy that also names these refused values.
func (e *Error) WithFields(fields ...Field) *Error {
	c := *e
	c.Fields = append(append([]Field{}, e.Fields...), fields...)
	return &c
}

// WithRetryAfter returns a copy that asks the client to wait that long.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// WithNeed returns a copy that says which proof would be enough.
func (e *Error) WithNeed(n Need) *Error {
	c := *e
	c.Need = &n
	return &c
}

// Error gives the code and the cause, for logs; it is never sent to a client.
func (e *Error) Error() string {
	if e.cause != nil {
		return string(e.Code) + ": " + e.cause.Error()
	}
	if e.Detail != "" {
		return string(e.Code) + ": " + e.Detail
	}
	return string(e.Code)
}

// Unwrap gives the hidden cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is a *Error of the same code, so that
// errors.Is(err, fault.New(fault.CodeNotFound)) works.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// Kind returns the kind of the error's code.
func (e *Error) Kind() Kind { return e.Code.Kind() }

// Of returns the code of err: that of the first *Error in its chain, else
// CodeInternal; "" for nil.
func Of(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
