package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/provider"
)

type providerBody struct {
	Name  string `json:"name" doc:"As in the addresses." example:"google"`
	Title string `json:"title" doc:"For a button." example:"Google"`
	Icon  string `json:"icon,omitempty" doc:"The address of an image, where the operator gave one."`
}

type providersOutput struct {
	Body struct {
		Providers []providerBody `json:"providers"`
	} `nameHint:"Providers"`
}

func (h resources) listProviders(context.Context, *struct{}) (*providersOutput, error) {
	out := &providersOutput{}
	out.Body.Providers = []providerBody{}
	for _, p := range h.Providers.Providers() {
		out.Body.Providers = append(out.Body.Providers, providerBody(p))
	}
	return out, nil
}

type exchangeInput struct {
	Client
	Device
	Authorization string      `header:"Authorization"`
	Handover      http.Cookie `cookie:"__Host-sallyport_handover"`
	Body          struct {
		Code     string `json:"code" maxLength:"256" doc:"From the fragment of the address the browser came back to."`
		Verifier string `json:"code_verifier,omitempty" maxLength:"256" doc:"Where the sign-in began with a code_challenge."`
	}
}

// exchangeBody is where a sign-in stands, and what was decided.
type exchangeBody struct {
	Decision string `json:"decision" enum:"created,signed_in,linked,needs_proof" doc:"What the identity meant here."`
	// Proofs tells how to sign in to the account that has this address.
	Proofs  []string    `json:"proofs,omitempty" doc:"With needs_proof: how to sign in to the existing account, to link from there (password, oauth:NAME)."`
	Account *linkedBody `json:"account,omitempty" doc:"The linked account."`
	SignInBody
}

// SignInBody is signInBody by an exported name: Huma looks into embedded structs
// of such names only.
type SignInBody = signInBody

type exchangeOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      exchangeBody  `nameHint:"ProviderSignIn"`
}

func (h resources) exchangeProvider(ctx context.Context, in *exchangeInput) (*exchangeOutput, error) {
	s := provider.Showing{Code: in.Body.Code, Verifier: in.Body.Verifier, Browser: in.Handover.Value}
	if raw, ok := strings.CutPrefix(in.Authorization, "Bearer "); ok {
		c, err := h.Verifier.Verify(raw)
		if err != nil {
			return nil, err
		}
		s.UserID, s.SessionID = c.Subject, c.SessionID
	}
	r, err := h.Providers.Exchange(ctx, s)
	if err != nil {
		return nil, err
	}
	out := &exchangeOutput{}
	if in.Handover.Value != "" {
		out.SetCookie = append(out.SetCookie, passageCookie(provider.HandoverCookie, "", -1))
	}
	out.Body.Decision, out.Body.Proofs = string(r.Verdict), r.Proofs
	if r.Verdict == provider.NeedsProof {
		return out, nil
	}
	linked := linkedOf(r.Account)
	out.Body.Account = &linked
	if r.Linking {
		return out, nil
	}
	o, err := h.SignIn.Begin(in.shown(ctx), r.User, r.Proof, in.wanted(), 0)
	if err != nil {
		return nil, err
	}
	if o.Tokens != nil {
		h.forgive(ctx)
	}
	answer, err := h.outcome(ctx, o)
	if err != nil {
		return nil, err
	}
	out.SetCookie, out.Body.SignInBody = append(out.SetCookie, answer.SetCookie...), answer.Body
	return out, nil
}

type linkInput struct {
	Provider string `path:"provider" maxLength:"32"`
	Body     struct {
		ReturnTo  string `json:"return_to,omitempty" maxLength:"512" doc:"Where to come back to; one of the allowed places."`
		Challenge string `json:"code_challenge,omitempty" maxLength:"43" doc:"The S256 challenge of a verifier kept for the exchange."`
	}
}

type linkOutput struct {
	Body struct {
		URL       string `json:"url" doc:"To open in the browser."`
		ExpiresIn int    `json:"expires_in" doc:"Seconds."`
	} `nameHint:"ProviderLink"`
}

func (h resources) linkProvider(ctx context.Context, in *linkInput) (*linkOutput, error) {
	c := caller(ctx)
	out := &linkOutput{}
	var err error
	out.Body.URL, err = h.Providers.Invite(ctx, c.Subject, c.SessionID, provider.Wish{
		Provider: in.Provider, ReturnTo: in.Body.ReturnTo, Challenge: in.Body.Challenge,
	})
	out.Body.ExpiresIn = int(provider.TicketLife.Seconds())
	return out, err
}

// linkedBody is a linked account as its user sees it.
type linkedBody struct {
	ID            string     `json:"id"`
	Provider      string     `json:"provider"`
	Email         string     `json:"email,omitempty" doc:"As the provider last said."`
	EmailVerified bool       `json:"email_verified"`
	CreatedAt     time.Time  `json:"created_at"`
	LastUsedAt    *time.Time `json:"last_used_at,omitempty"`
}

func linkedOf(a provider.Account) linkedBody {
	b := linkedBody{ID: a.ID, Provider: a.Provider, Email: a.Email, EmailVerified: a.EmailVerified, CreatedAt: a.CreatedAt}
	if !a.LastUsedAt.IsZero() {
		b.LastUsedAt = &a.LastUsedAt
	}
	return b
}

type linkedOutput struct {
	Body struct {
		Accounts []linkedBody `json:"accounts"`
	} `nameHint:"LinkedAccounts"`
}

func (h resources) listLinked(ctx context.Context, _ *struct{}) (*linkedOutput, error) {
	all, err := h.Providers.List(ctx, caller(ctx).Subject)
	if err != nil {
		return nil, err
	}
	out := &linkedOutput{}
	out.Body.Accounts = make([]linkedBody, 0, len(all))
	for _, a := range all {
		out.Body.Accounts = append(out.Body.Accounts, linkedOf(a))
	}
	return out, nil
}

func (h resources) unlinkProvider(ctx context.Context, in *idInput) (*struct{}, error) {
	u, err := h.me(ctx)
	if err != nil {
		return nil, err
	}
	return nil, h.Providers.Unlink(ctx, u, caller(ctx).SessionID, in.ID)
}

type providerTokenInput struct {
	Body struct {
		UserID   string `json:"user_id" format:"uuid" doc:"The sub claim."`
		Provider string `json:"provider" maxLength:"32"`
		Account  string `json:"account_id,omitempty" format:"uuid" doc:"Which one, where the user has several."`
	}
}

type providerTokenOutput struct {
	Body struct {
		AccessToken string     `json:"access_token"`
		ExpiresAt   *time.Time `json:"expires_at,omitempty" doc:"Absent where the provider did not say."`
	} `nameHint:"ProviderToken"`
}

func (h resources) providerToken(ctx context.Context, in *providerTokenInput) (*providerTokenOutput, error) {
	t, err := h.Providers.Token(ctx, in.Body.UserID, in.Body.Provider, in.Body.Account)
	if err != nil {
		return nil, err
	}
	out := &providerTokenOutput{}
	out.Body.AccessToken = t.Access
	if !t.ExpiresAt.IsZero() {
		out.Body.ExpiresAt = &t.ExpiresAt
	}
	return out, nil
}
