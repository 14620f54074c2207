package httpapi

import (
	"context"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/provider"
)

type mergeInput struct {
	Body struct {
		Token  string `json:"token" maxLength:"8192" doc:"An access token of the other account, with as fresh a proof as this route demands of its caller."`
		DryRun bool   `json:"dry_run,omitempty" doc:"Only say what would happen."`
	}
}

// mergeBody is what a merge does.
type mergeBody struct {
	Done  bool         `json:"done" doc:"False after a dry run."`
	Moves []linkedBody `json:"moves" doc:"The linked accounts that come to this account."`
	Ends  mergeEnds    `json:"ends" doc:"What ends with the other account."`
}

type mergeEnds struct {
	Email       string   `json:"email" doc:"Its address, which is free afterwards."`
	Password    bool     `json:"password" doc:"Whether it has a password."`
	Factors     []string `json:"factors" doc:"Its second factors."`
	BackupCodes int      `json:"backup_codes" doc:"How many are left."`
	Sessions    int      `json:"sessions" doc:"How many are open."`
}

type mergeOutput struct {
	Body mergeBody `nameHint:"Merge"`
}

// merge joins another account of the caller's to this one. Both are proved: this
// one by the route, the other by its own token and a fresh proof in its session.
func (h resources) merge(ctx context.Context, in *mergeInput) (*mergeOutput, error) {
	into, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	other, err := h.Verifier.Verify(in.Body.Token)
	if err != nil {
		return nil, err
	}
	if _, err := h.SignIn.Guard(ctx, other.Subject, other.SessionID); err != nil {
		return nil, err
	}
	from, err := h.Accounts.Get(ctx, other.Subject)
	if err != nil {
		return nil, err
	}
	if err := provider.Mergeable(into, from); err != nil {
		return nil, err
	}
	out := &mergeOutput{}
	if out.Body, err = h.mergePlan(ctx, from); err != nil || in.Body.DryRun {
		return out, err
	}
	out.Body.Done = true
	return out, h.Providers.Merge(ctx, into, from)
}

// mergePlan lists what moves and what ends.
func (h resources) mergePlan(ctx context.Context, from account.User) (mergeBody, error) {
	b := mergeBody{Moves: []linkedBody{}, Ends: mergeEnds{Email: from.Email, Password: from.PasswordHash != "", Factors: []string{}}}
	linked, err := h.Providers.List(ctx, from.ID)
	if err != nil {
		return b, err
	}
	for _, a := range linked {
		b.Moves = append(b.Moves, linkedOf(a))
	}
	st, err := h.Enrolment.Status(ctx, from)
	if err != nil {
		return b, err
	}
	for _, f := range st.Factors {
		b.Ends.Factors = append(b.Ends.Factors, string(f.Method))
	}
	b.Ends.BackupCodes = st.BackupCodesLeft
	open, err := h.Sessions.List(ctx, from.ID)
	b.Ends.Sessions = len(open)
	return b, err
}
