package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/proof"
)

func (h resources) getMe(ctx context.Context, _ *struct{}) (*userOutput, error) {
	p, err := h.Profiles.Get(ctx, caller(ctx).Subject)
	return &userOutput{userOf(p)}, present(p.Disabled, err)
}

type renameInput struct {
	Body struct {
		Name string `json:"name" maxLength:"400"`
	}
}

func (h resources) rename(ctx context.Context, in *renameInput) (*userOutput, error) {
	if err := h.Accounts.Rename(ctx, caller(ctx).Subject, in.Body.Name, account.Actor{ID: caller(ctx).Subject, Kind: "user"}); err != nil {
		return nil, err
	}
	return h.getMe(ctx, nil)
}

func (h resources) deleteMe(ctx context.Context, _ *struct{}) (*cookieOutput, error) {
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	return &cookieOutput{SetCookie: []http.Cookie{noCookie()}}, h.Accounts.Delete(ctx, u, account.Self(u))
}

type passwordInput struct {
	Body struct {
		Current string `json:"current_password,omitempty" doc:"Required where the account has a password."`
		New     string `json:"new_password"`
	}
}

// changePassword takes the current password as a fresh proof (PW-10); an account
// with a second factor needs a fresh proof of that as well.
func (h resources) changePassword(ctx context.Context, in *passwordInput) (*struct{}, error) {
	if err := shortEnough(in.Body.Current); err != nil {
		return nil, err
	}
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	c := caller(ctx)
	if u.PasswordHash != "" {
		if err := h.SignIn.ConfirmPassword(ctx, u, in.Body.Current); err != nil {
			return nil, err
		}
		if _, err := h.SignIn.Raise(ctx, u, c.SessionID, proof.Proof{Method: proof.Password}); err != nil {
			return nil, err
		}
	}
	if _, err := h.SignIn.Guard(ctx, u.ID, c.SessionID); err != nil {
		return nil, err
	}
	return nil, h.Accounts.ChangePassword(ctx, u, c.SessionID, in.Body.New)
}

func (h resources) changeEmail(ctx context.Context, in *emailInput) (*acceptedOutput, error) {
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	return accepted(), h.Accounts.AskEmailChange(ctx, u, in.Body.Email)
}

// SessionBody is one of the caller's sessions.
type SessionBody struct {
	ID         string    `json:"id"`
	Current    bool      `json:"current"`
	AAL        string    `json:"aal"`
	AMR        []string  `json:"amr"`
	IP         string    `json:"ip"`
	UserAgent  string    `json:"user_agent"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Sockets    []Socket  `json:"sockets" doc:"The open WebSockets of the session, on all nodes."`
}

type sessionsOutput struct {
	Body struct {
		Sessions []SessionBody `json:"sessions"`
	} `nameHint:"Sessions"`
}

func (h resources) listSessions(ctx context.Context, _ *struct{}) (*sessionsOutput, error) {
	c := caller(ctx)
	all, err := h.sessionsOf(ctx, c.Subject, c.SessionID)
	out := &sessionsOutput{}
	out.Body.Sessions = all
	return out, err
}

type idInput struct {
	ID string `path:"id" format:"uuid"`
}

func (h resources) endSession(ctx context.Context, in *idInput) (*struct{}, error) {
	return nil, h.Sessions.EndOwn(ctx, caller(ctx).Subject, in.ID, "revoked")
}

func (h resources) endOtherSessions(ctx context.Context, _ *struct{}) (*struct{}, error) {
	c := caller(ctx)
	return nil, h.Sessions.EndOthers(ctx, c.Subject, c.SessionID, "revoked")
}
