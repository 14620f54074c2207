package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/limit"
)

// Auth says who may call a route. The zero value is no statement, which
// Register refuses.
type Auth int

// The statements.
const (
	// Public: anybody; a token that is sent is not looked at.
	Public Auth = iota + 1
	// Access: the bearer of an access token.
	Access
	// Attempt: the bearer of the token of a sign-in under way.
	Attempt
	// AccessOrAttempt: either of the two (marked ◇ in the API's table).
	AccessOrAttempt
	// Admin: the bearer of an access token with the role "admin".
	Admin
	// Service: a backend with its service key.
	Service
	// ByHandler: the handler itself finds and checks the credential, because it
	// may come by other ways than a header, as for the WebSocket.
	ByHandler
)

// authNames are the words of the documentation.
var authNames = map[Auth]string{
	Public:          "none",
	Access:          "access token",
	Attempt:         "attempt token",
	AccessOrAttempt: "access token or attempt token",
	Admin:           "access token of an administrator",
	Service:         "service key",
	ByHandler:       "see the description",
}

// String names the statement for people.
func (a Auth) String() string {
	if n, ok := authNames[a]; ok {
		return n
	}
	return "not stated"
}

// admits reports whether a bearer of that kind may call a route with a.
func (a Auth) admits(k BearerKind) bool {
	switch a {
	case Access, Admin:
		return k == AccessBearer
	case Attempt:
		return k == AttemptBearer
	case AccessOrAttempt:
		return k == AccessBearer || k == AttemptBearer
	case Service:
		return k == ServiceBearer
	default:
		return false
	}
}

// The limits of a route that states none of its own.
const (
	// DefaultMaxBody is the largest request body, in bytes (OP-04).
	DefaultMaxBody = 64 << 10
	// DefaultTimeout ends a request's context before the server's write time-out.
	DefaultTimeout = 20 * time.Second
)

// Route is one line of the table of contents.
type Route struct {
	Method string // "GET", "POST", …
	Path   string // full pattern, "/api/v1/me/sessions/{id}"
	ID     string // operation id, "listSessions"; unique
	Tag    string // the chapter of the documentation
	// Summary is one line; Description is Markdown and may be empty unless Auth
	// is ByHandler.
	Summary     string
	Description string

	Auth Auth
	// Limits name the rules (Config.Rules) that a call costs, counted by client
	// address before anything else is looked at (RL-09). Never empty.
	Limits []string
	// StepUp asks Config.StepUp after authentication (MF-03).
	StepUp bool
	// StepUpWithin is how old that proof may be at the most, where reading may be
	// allowed for longer than changing; 0: as the settings say.
	StepUpWithin time.Duration

	// OnInvalid is called when a body of JSON is refused for its shape, in place of
	// the handler. nil: nobody is.
	OnInvalid func(ctx context.Context)

	MaxBody int64         // bytes; 0: DefaultMaxBody
	Timeout time.Duration // 0: DefaultTimeout; negative: none, for long-lived connections
	Status  int           // of success; 0: 200 with a body, 204 without
	// Errors are the codes the handler itself answers, for the documentation;
	// those of authentication, limits and reading are added.
	Errors []fault.Code
}

// check lists what r forgets, with rules as the known names.
func (r Route) check(rules map[string]limit.Rule) error {
	var errs []error
	miss := func(bad bool, what string) {
		if bad {
			errs = append(errs, errors.New(what))
		}
	}
	miss(!slices.Contains(methods, r.Method), "method is not one of "+strings.Join(methods, " "))
	miss(!strings.HasPrefix(r.Path, "/"), "path does not begin with /")
	miss(len(r.Path) > 1 && strings.HasSuffix(r.Path, "/"), "path ends with /")
	miss(r.ID == "", "operation id is missing")
	miss(r.Tag == "", "tag is missing")
	miss(r.Summary == "", "summary is missing")
	_, stated := authNames[r.Auth]
	miss(!stated, "authentication is not stated")
	miss(r.Auth == ByHandler && r.Description == "", "description does not say how the handler authenticates")
	miss(r.StepUp && r.Auth != Access && r.Auth != Admin, "step-up needs an access token")
	miss(len(r.Limits) == 0, "limit is missing")
	for _, name := range r.Limits {
		_, ok := rules[name]
		miss(!ok, "limit "+name+" is not a known rule")
	}
	for _, c := range r.Errors {
		miss(!slices.Contains(fault.Codes(), c), "error "+string(c)+" is not a known code")
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("route %s %s: %w", r.Method, r.Path, errors.Join(errs...))
}

// methods are those a route may have; HEAD comes with GET.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// maxBody is the body cap in force.
func (r Route) maxBody() int64 {
	if r.MaxBody > 0 {
		return r.MaxBody
	}
	return DefaultMaxBody
}

// codes returns every code the route can answer, sorted; plain is whether its
// handler speaks HTTP itself.
func (r Route) codes(plain bool) []fault.Code {
	out := append([]fault.Code{fault.CodeMalformed, fault.CodeRateLimited, fault.CodeInternal, fault.CodeUnavailable}, r.Errors...)
	if r.Auth != Public && r.Auth != ByHandler {
		out = append(out, fault.CodeUnauthenticated, fault.CodeInvalidToken)
	}
	if r.Auth == Attempt || r.Auth == AccessOrAttempt {
		out = append(out, fault.CodeAttemptExpired)
	}
	if r.Auth == Admin {
		out = append(out, fault.CodeForbidden)
	}
	if r.StepUp {
		out = append(out, fault.CodeStepUpRequired)
	}
	if r.Method != http.MethodGet {
		out = append(out, fault.CodeCrossOrigin, fault.CodeTooLarge)
	}
	if !plain {
		out = append(out, fault.CodeNotAcceptable, fault.CodeInvalidRequest)
	}
	if !plain && r.Method != http.MethodGet {
		out = append(out, fault.CodeUnsupportedMedia, fault.CodeRequestTimeout)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
