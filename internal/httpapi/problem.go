package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
)

// problemType is the media type of RFC 9457.
const problemType = "application/problem+json"

// Problem is the one document every refusal is (RFC 9457). Clients switch on
// Code; the texts are for people.
type Problem struct {
	Type      string        `json:"type" doc:"Where the code is explained." example:"/docs/errors#invalid_request"`
	Title     string        `json:"title" doc:"The code in a few words; never changes with the occurrence."`
	Status    int           `json:"status" doc:"The HTTP status." example:"422"`
	Detail    string        `json:"detail" doc:"One sentence about this occurrence. Never repeats a refused value."`
	Code      fault.Code    `json:"code" doc:"The stable, machine-readable reason." example:"invalid_request"`
	RequestID string        `json:"request_id,omitempty" doc:"What to quote when reporting the problem."`
	Fields    []fault.Field `json:"fields,omitempty" doc:"The refused values of the request, for forms."`
	// RetryAfter repeats the Retry-After header for clients that see only the body.
	RetryAfter int     `json:"retry_after,omitempty" doc:"Whole seconds to wait before the next try."`
	StepUp     *StepUp `json:"step_up,omitempty" doc:"The proof that would be enough, with code step_up_required."`
}

// StepUp is what a guarded action asks for (RFC 9470).
type StepUp struct {
	ACR     string   `json:"acr" doc:"The assurance level that is needed." example:"aal2"`
	MaxAge  int      `json:"max_age" doc:"How old the proof may be, in seconds." example:"300"`
	Methods []string `json:"methods,omitempty" doc:"The factors that would do."`
}

// Error gives the code; it never holds the cause.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType turns the JSON media type into that of RFC 9457.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders returns the headers that belong to the problem: WWW-Authenticate
// with 401 and with a demanded step-up, Retry-After with 429 and 503.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if c := p.challenge(); c != "" {
		h.Set("WWW-Authenticate", c)
	}
	return h
}

// challenge is the value of WWW-Authenticate (RFC 6750 §3, RFC 9470 §3).
func (p *Problem) challenge() string {
	switch {
	case p.Code == fault.CodeStepUpRequired:
		c := `Bearer error="insufficient_user_authentication", error_description=` + quoted(p.Detail)
		if p.StepUp != nil {
			c += fmt.Sprintf(`, acr_values=%s, max_age="%d"`, quoted(p.StepUp.ACR), p.StepUp.MaxAge)
		}
		return c
	case p.Code == fault.CodeInvalidToken || p.Code == fault.CodeAttemptExpired:
		return `Bearer error="invalid_token", error_description=` + quoted(p.Detail)
	case p.Status == http.StatusUnauthorized:
		return "Bearer"
	default:
		return ""
	}
}

// quoted makes an RFC 9110 quoted-string of printable ASCII.
func quoted(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return ' '
		}
		return r
	}, s)
	return `"` + s + `"`
}

// statusOf is the only place where a kind becomes an HTTP status.
func statusOf(k fault.Kind) int {
	switch k {
	case fault.Malformed:
		return http.StatusBadRequest
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case fault.NotAcceptable:
		return http.StatusNotAcceptable
	case fault.Timeout:
		return http.StatusRequestTimeout
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	default: // fault.Internal, and whatever a later version adds
		return http.StatusInternalServerError
	}
}

// asFault finds the error a client may see in err. What is none becomes
// internal, with err as its hidden cause; a deadline that passed becomes
// temporarily unavailable.
func (s *Problems) asFault(err error) *fault.Error {
	var f *fault.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &f) && f.Kind() != fault.Internal:
		return f
	case errors.As(err, &tooLarge):
		return fault.Because(fault.CodeTooLarge, err)
	case errors.Is(err, context.DeadlineExceeded), s.Outage != nil && s.Outage(err):
		return fault.Because(fault.CodeUnavailable, err)
	default:
		return fault.Because(fault.CodeInternal, err)
	}
}

// newProblem writes down f as a document for the request of ctx.
func newProblem(ctx context.Context, f *fault.Error) *Problem {
	p := &Problem{
		Type:      "/docs/errors#" + string(f.Code),
		Title:     f.Code.Title(),
		Status:    statusOf(f.Kind()),
		Detail:    f.Detail,
		Code:      f.Code,
		RequestID: audit.OriginOf(ctx).RequestID,
		Fields:    f.Fields,
	}
	if p.Detail == "" {
		p.Detail = f.Code.Sentence()
	}
	if k := f.Kind(); k == fault.TooMany || k == fault.Unavailable {
		p.RetryAfter = wholeSeconds(f.RetryAfter)
	}
	if f.Need != nil && f.Code == fault.CodeStepUpRequired {
		p.StepUp = &StepUp{ACR: f.Need.ACR, MaxAge: int(f.Need.MaxAge / time.Second), Methods: f.Need.Methods}
	}
	return p
}

// wholeSeconds rounds up, to one second at least.
func wholeSeconds(d time.Duration) int {
	return int(max(1, math.Ceil(d.Seconds())))
}

// Problems turns errors into problem documents and writes their causes to the
// log. It is the only door errors leave by.
type Problems struct {
	// Log receives causes; it never receives a body, a header or a token.
	Log *slog.Logger
	// Outage reports whether an error says that a part behind the server does not
	// answer, which is temporarily unavailable and no fault of ours; nil: none does.
	Outage func(error) bool
}

// Write answers err as a problem document. Anything that is not a *fault.Error
// leaves as internal_error with its text dropped and logged.
func (s *Problems) Write(w http.ResponseWriter, r *http.Request, err error) {
	p := s.of(r.Context(), err)
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", problemType)
	w.Header().Del("Content-Length")
	if p.Status == http.StatusRequestEntityTooLarge || p.Status == http.StatusRequestTimeout {
		w.Header().Set("Connection", "close") // the rest of the body is not waited for
	}
	body, merr := json.Marshal(p)
	if merr != nil { // a Problem holds only strings and numbers
		body = []byte("{}")
	}
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append(body, '\n')) // the client is gone: nobody to tell
	}
}

// of makes the document and logs the cause.
func (s *Problems) of(ctx context.Context, err error) *Problem {
	f := s.asFault(err)
	p := newProblem(ctx, f)
	s.Log.LogAttrs(ctx, levelOf(ctx, f), "request refused",
		slog.String("code", string(p.Code)),
		slog.Int("status", p.Status),
		slog.String("request_id", p.RequestID),
		slog.String("error", audit.CleanText(err.Error(), 1024)))
	return p
}

// levelOf decides by kind, once, how loud an error is. A request whose client
// went away is nobody's fault.
func levelOf(ctx context.Context, f *fault.Error) slog.Level {
	if errors.Is(ctx.Err(), context.Canceled) {
		return slog.LevelDebug
	}
	switch f.Kind() {
	case fault.Internal:
		return slog.LevelError
	case fault.Unavailable:
		return slog.LevelWarn
	default:
		return slog.LevelDebug
	}
}
