package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/session"
)

type registerInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"320" doc:"One e-mail address."`
		Password string `json:"password" doc:"At most 1024 bytes; no rules of composition."`
		Name     string `json:"name,omitempty" maxLength:"400"`
	}
}

// acceptedOutput is the answer that is the same whether or not something
// happened.
type acceptedOutput struct {
	Body struct {
		Status string `json:"status" enum:"accepted"`
	} `nameHint:"Accepted"`
}

func accepted() *acceptedOutput {
	o := &acceptedOutput{}
	o.Body.Status = "accepted"
	return o
}

func (h resources) register(ctx context.Context, in *registerInput) (*acceptedOutput, error) {
	return accepted(), h.Accounts.Register(ctx, account.Registration{Email: in.Body.Email, Password: in.Body.Password, Name: in.Body.Name})
}

type setupInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"256"`
		Email    string `json:"email" maxLength:"320"`
		Password string `json:"password"`
		Name     string `json:"name,omitempty" maxLength:"400"`
	}
}

type userOutput struct {
	Body UserBody `nameHint:"User"`
}

func (h resources) setup(ctx context.Context, in *setupInput) (*userOutput, error) {
	u, err := h.Accounts.CreateFirstAdmin(ctx, in.Body.Token, account.Registration{Email: in.Body.Email, Password: in.Body.Password, Name: in.Body.Name})
	return &userOutput{userOf(account.ProfileOf(u))}, err
}

type loginInput struct {
	Client
	Device
	Body struct {
		Email    string `json:"email" maxLength:"1024"`
		Password string `json:"password"`
	}
}

// maxPassword is the longest password that is looked at, in bytes; a longer one
// costs neither a hash nor a look-up (PW-02).
const maxPassword = 1024

func shortEnough(password string) error {
	if len(password) > maxPassword {
		return fault.InvalidField("password", "A password has at most 1024 bytes.", "too_long")
	}
	return nil
}

func (h resources) login(ctx context.Context, in *loginInput) (*signInOutput, error) {
	if err := shortEnough(in.Body.Password); err != nil {
		return nil, err
	}
	if err := h.take(ctx, h.Rates.LoginAccount, in.Body.Email); err != nil {
		return nil, err
	}
	o, err := h.SignIn.Password(in.shown(ctx), in.Body.Email, in.Body.Password, in.wanted())
	if err != nil {
		return nil, err
	}
	if o.Tokens != nil {
		h.forgive(ctx)
	}
	return h.outcome(ctx, o)
}

// forgive clears the sign-in counter of the client's address, once a session was
// issued and at no other moment (RL-05). A limiter that does not answer only
// means that the counter runs out by itself.
func (h resources) forgive(ctx context.Context) {
	_ = h.Limiter.Clear(ctx, h.Rates.LoginIP, audit.OriginOf(ctx).Prefix)
}

type stepUpInput struct {
	Client
	Body struct {
		Password string `json:"password"`
	}
}

func (h resources) stepUp(ctx context.Context, in *stepUpInput) (*signInOutput, error) {
	if err := shortEnough(in.Body.Password); err != nil {
		return nil, err
	}
	c := caller(ctx)
	t, err := h.SignIn.PasswordStepUp(ctx, c.Subject, c.SessionID, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return h.raised(ctx, in.Client, t)
}

// RefreshInput is a refresh token by body or cookie. It is exported because Huma
// looks into embedded structs of exported types only.
type RefreshInput struct {
	Client
	Body *struct {
		RefreshToken string `json:"refresh_token,omitempty" maxLength:"256" doc:"Leave out where the cookie carries it."`
	} `required:"false"`
}

func (in *RefreshInput) token() string {
	if in.Body != nil && in.Body.RefreshToken != "" {
		return in.Body.RefreshToken
	}
	return in.Cookie.Value
}

func (h resources) refresh(ctx context.Context, in *RefreshInput) (*signInOutput, error) {
	t, err := h.Sessions.Refresh(ctx, in.token())
	if err != nil {
		return nil, err
	}
	return h.tokens(ctx, t)
}

type logoutInput struct {
	RefreshInput
	Authorization string `header:"Authorization"`
}

type cookieOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

// logout ends the session of the access token, or of the refresh token where the
// access token has expired. It always succeeds: whoever holds no valid token is
// signed out already.
func (h resources) logout(ctx context.Context, in *logoutInput) (*cookieOutput, error) {
	out := &cookieOutput{SetCookie: []http.Cookie{noCookie()}}
	if raw, ok := strings.CutPrefix(in.Authorization, "Bearer "); ok {
		if c, err := h.Verifier.Verify(raw); err == nil {
			return out, h.Sessions.End(ctx, c.Subject, c.SessionID, "logout")
		}
	}
	return out, h.Sessions.EndByRefresh(ctx, in.token(), "logout")
}

type tokenInput struct {
	Body struct {
		Token string `json:"token" maxLength:"256" doc:"From the link in the mail."`
	}
}

// verifyEmail spends the link of a registration or of a change of address.
func (h resources) verifyEmail(ctx context.Context, in *tokenInput) (*acceptedOutput, error) {
	if strings.HasPrefix(in.Body.Token, string(opaque.EmailChange)) {
		return accepted(), h.Accounts.ConfirmEmailChange(ctx, in.Body.Token)
	}
	_, err := h.Accounts.VerifyEmail(ctx, in.Body.Token)
	return accepted(), err
}

func (h resources) undoEmail(ctx context.Context, in *tokenInput) (*acceptedOutput, error) {
	return accepted(), h.Accounts.UndoEmailChange(ctx, in.Body.Token)
}

type emailInput struct {
	Body struct {
		Email string `json:"email" maxLength:"1024"`
	}
}

func (h resources) resend(ctx context.Context, in *emailInput) (*acceptedOutput, error) {
	if err := h.take(ctx, h.Rates.ForgotAccount, in.Body.Email); err != nil {
		return nil, err
	}
	return accepted(), h.Accounts.ResendVerification(ctx, in.Body.Email)
}

func (h resources) forgot(ctx context.Context, in *emailInput) (*acceptedOutput, error) {
	if err := h.take(ctx, h.Rates.ForgotAccount, in.Body.Email); err != nil {
		return nil, err
	}
	return accepted(), h.Accounts.Forgot(ctx, in.Body.Email)
}

type resetInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"256" doc:"From the link in the mail."`
		Password string `json:"password"`
	}
}

func (h resources) reset(ctx context.Context, in *resetInput) (*acceptedOutput, error) {
	return accepted(), h.Accounts.Reset(ctx, in.Body.Token, in.Body.Password)
}

type ticketOutput struct {
	Body struct {
		Ticket    string `json:"ticket" doc:"Opens one WebSocket."`
		ExpiresIn int    `json:"expires_in" doc:"Seconds."`
	} `nameHint:"Ticket"`
}

func (h resources) ticket(ctx context.Context, _ *struct{}) (*ticketOutput, error) {
	out := &ticketOutput{}
	var err error
	out.Body.Ticket, err = h.Tickets.IssueTicket(ctx, caller(ctx))
	out.Body.ExpiresIn = int(session.TicketLife.Seconds())
	return out, err
}
