package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
)

// refreshCookie keeps a browser's refresh token where no script can read it
// (TK-14).
const refreshCookie = "__Host-sallyport_refresh"

// Client is the part of an input that says how the refresh token travels. It is
// exported because Huma looks into embedded structs of exported types only.
type Client struct {
	Delivery string      `header:"X-Token-Delivery" enum:"body,cookie" doc:"cookie: the refresh token is set as a __Host- HttpOnly cookie and left out of the body."`
	Cookie   http.Cookie `cookie:"__Host-sallyport_refresh"`
}

func (d Client) wanted() session.Delivery {
	if d.Delivery == "cookie" {
		return session.InCookie
	}
	return session.InBody
}

// UserBody is a user as the API shows them. It is exported, as others are that
// stand inside another, because Huma looks into embedded structs of exported types
// only.
type UserBody struct {
	ID            string    `json:"id" doc:"UUIDv7; the sub claim."`
	Email         string    `json:"email"`
	EmailVerified bool      `json:"email_verified"`
	Name          string    `json:"name"`
	Role          string    `json:"role" enum:"user,admin"`
	HasPassword   bool      `json:"has_password"`
	CreatedAt     time.Time `json:"created_at"`
}

func userOf(p account.Profile) UserBody {
	return UserBody{p.ID, p.Email, p.EmailVerified, p.Name, string(p.Role), p.HasPassword, p.CreatedAt}
}

// methodBody is one factor that can be answered.
type methodBody struct {
	Type  string `json:"type" doc:"totp, sms, email, backup_code or passkey."`
	Hint  string `json:"hint,omitempty" doc:"Tells the person which one is meant."`
	ID    string `json:"id,omitempty" doc:"Which one, where there are several to choose from."`
	Worth string `json:"worth" enum:"strong,restricted,low" doc:"restricted: messages can be redirected. low: never confirms a guarded action."`
}

// signInBody is where a sign-in stands. With tokens it is finished; with status
// it waits.
type signInBody struct {
	Status       string       `json:"status,omitempty" enum:"mfa_required,mfa_enrollment_required" doc:"Present while something is still asked for."`
	MFAToken     string       `json:"mfa_token,omitempty" doc:"The attempt token: Bearer of the routes that answer a second factor."`
	Methods      []methodBody `json:"methods,omitempty" doc:"What can be answered (mfa_required)."`
	Allowed      []string     `json:"allowed,omitempty" doc:"What can be set up (mfa_enrollment_required)."`
	AccessToken  string       `json:"access_token,omitempty"`
	TokenType    string       `json:"token_type,omitempty" enum:"Bearer"`
	ExpiresIn    int          `json:"expires_in,omitempty" doc:"Seconds until the access token, or the attempt token, expires."`
	RefreshToken string       `json:"refresh_token,omitempty" doc:"Absent where it is delivered as a cookie or stays the same."`
	User         *UserBody    `json:"user,omitempty"`
	BackupCodes  []string     `json:"backup_codes,omitempty" doc:"Shown once, with the first factor."`
	RememberFor  int          `json:"remember_for,omitempty" doc:"With mfa_required: seconds this device can be remembered; absent where it cannot."`
	DeviceToken  string       `json:"device_token,omitempty" doc:"Of the remembered device; absent where it is delivered as a cookie."`
}

// signInOutput answers a sign-in, a refresh or a step-up.
type signInOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      signInBody    `nameHint:"SignIn"`
}

// outcome turns where a sign-in stands into the answer.
func (h resources) outcome(ctx context.Context, o signin.Outcome) (*signInOutput, error) {
	if o.Tokens != nil {
		return h.tokens(ctx, *o.Tokens)
	}
	out := &signInOutput{}
	out.Body.MFAToken, out.Body.ExpiresIn = o.Attempt, int(o.ExpiresIn.Seconds())
	if o.Action == signin.Enrol {
		out.Body.Status = "mfa_enrollment_required"
		for _, m := range o.Methods {
			out.Body.Allowed = append(out.Body.Allowed, string(m.Method))
		}
		return out, nil
	}
	out.Body.Status, out.Body.RememberFor = "mfa_required", int(h.SignIn.RememberFor.Seconds())
	for _, m := range o.Methods {
		out.Body.Methods = append(out.Body.Methods, methodBody{string(m.Method), m.Hint, m.ID, m.Method.Worth()})
	}
	return out, nil
}

// tokens turns an opened, renewed or raised session into the answer.
func (h resources) tokens(ctx context.Context, t session.Tokens) (*signInOutput, error) {
	p, err := h.Profiles.Get(ctx, t.Session.UserID)
	if err != nil {
		return nil, err
	}
	body := userOf(p)
	out := &signInOutput{Body: signInBody{
		AccessToken: t.Access, TokenType: "Bearer", ExpiresIn: int(t.ExpiresIn.Seconds()), User: &body,
	}}
	switch {
	case t.Refresh == "":
	case t.Session.Delivery == session.InCookie:
		out.SetCookie = []http.Cookie{h.cookie(t.Refresh, t.Session.ExpiresAt)}
	default:
		out.Body.RefreshToken = t.Refresh
	}
	return out, nil
}

// raised answers a step-up. A browser gets a new cookie with it (TK-14).
func (h resources) raised(ctx context.Context, d Client, t session.Tokens) (*signInOutput, error) {
	if t.Session.Delivery == session.InCookie && d.Cookie.Value != "" {
		next, err := h.Sessions.Refresh(ctx, d.Cookie.Value)
		if err != nil {
			return nil, err
		}
		t = next
	}
	return h.tokens(ctx, t)
}

func (h resources) cookie(value string, until time.Time) http.Cookie {
	return http.Cookie{
		Name: refreshCookie, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		MaxAge: max(1, int(until.Sub(h.Clock()).Seconds())),
	}
}

// noCookie deletes the refresh cookie.
func noCookie() http.Cookie {
	return http.Cookie{Name: refreshCookie, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1}
}
