package provider

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
)

// Arrival is what a browser brings back from a provider.
type Arrival struct {
	Provider string
	State    string
	Reply    Reply
	// Error is the provider's own word, such as access_denied.
	Error string
	// Cookie reads a cookie of the browser; "" where it has none.
	Cookie func(name string) string
}

// Landing is where the browser goes next.
type Landing struct {
	// URL is the front end's address with the one-time code in its fragment, which
	// no browser sends anywhere.
	URL string
	// Back is the front end's address without a code, known even where Callback
	// fails after it has recognised the state.
	Back string
	// Spent is the cookie of the passage, to be deleted; empty: none was found.
	Spent string
	// Handover is the value of HandoverCookie; empty where PKCE binds the code.
	Handover string
}

// carried is what a one-time code stands for. It is sealed.
type carried struct {
	Provider  string   `json:"provider"`
	Identity  Identity `json:"identity"`
	Challenge string   `json:"challenge,omitempty"`
	Browser   []byte   `json:"browser,omitempty"`
}

// Callback ends a passage: it recognises the state, redeems the provider's
// answer and keeps the identity under a one-time code. An unknown, spent or
// expired state, one of another browser or another provider, is
// fault.CodeMalformed (OA-16); a refusal by the person or the provider is
// fault.CodeForbidden; a provider that does not answer fault.CodeUnavailable. In
// no case is anything left behind, so a new try is always safe.
func (h *Host) Callback(ctx context.Context, a Arrival) (Landing, error) {
	p, ok := h.Registry.Find(a.Provider)
	if !ok {
		return Landing{}, fault.New(fault.CodeNotFound)
	}
	tok, data, s, err := h.recognise(ctx, a)
	if err != nil {
		return Landing{}, err
	}
	landing := Landing{Back: data.ReturnTo, Spent: cookieName(tok.Hash)}
	id, err := h.redeem(ctx, p, a, s)
	if err != nil {
		return landing, err
	}
	return h.handOver(ctx, landing, tok, data, id)
}

// recognise finds the state, checks that it belongs here and spends it.
func (h *Host) recognise(ctx context.Context, a Arrival) (onetime.Token, passing, secret, error) {
	var data passing
	hash, err := opaque.Hash(opaque.OAuthState, a.State)
	if err != nil {
		return onetime.Token{}, data, "", h.stray(ctx, a.Provider, "", "state_unknown")
	}
	tok, err := h.Store.FindOneTime(ctx, onetime.OAuthState, hash, h.Clock())
	if fault.Of(err) == fault.CodeNotFound {
		return tok, data, "", h.stray(ctx, a.Provider, "", "state_dead")
	}
	if err != nil {
		return tok, data, "", err
	}
	if err := json.Unmarshal(tok.Data, &data); err != nil {
		return tok, data, "", err
	}
	if data.Provider != a.Provider {
		return tok, data, "", h.stray(ctx, a.Provider, tok.UserID, "other_provider")
	}
	s, ok := readSecret(a.Cookie(cookieName(hash)))
	if !ok || !s.matches(data.Browser) {
		return tok, data, "", h.stray(ctx, a.Provider, tok.UserID, "other_browser")
	}
	_, err = h.Store.ClaimOneTime(ctx, onetime.OAuthState, hash, h.Clock())
	if fault.Of(err) == fault.CodeNotFound {
		return tok, data, "", h.stray(ctx, a.Provider, tok.UserID, "state_dead")
	}
	return tok, data, s, err
}

// stray refuses a callback without a live state, and records it.
func (h *Host) stray(ctx context.Context, provider, userID, reason string) error {
	h.Observe(provider, "callback", reason)
	e := h.event(ctx, audit.SequenceFail, audit.Failure, userID, provider)
	e.ActorID, e.ActorKind, e.Reason = "", "anonymous", reason
	if err := h.Store.Record(ctx, audit.Of(e)); err != nil {
		return err
	}
	return fault.Because(fault.CodeMalformed, errors.New("provider: "+reason)).
		WithDetail("This sign-in has expired, was finished before, or was begun in another browser. Begin again.")
}

// redeem asks the plug-in who it is, within the budget.
func (h *Host) redeem(ctx context.Context, p Provider, a Arrival, s secret) (Identity, error) {
	title := p.About().Title
	if a.Error != "" || a.Reply.Code == "" {
		return Identity{}, h.failed(ctx, a.Provider, "denied", fmt.Errorf("provider: it answered the error %q", a.Error), fault.CodeForbidden, deniedText(title, a.Error))
	}
	limited, cancel := context.WithTimeout(ctx, Budget)
	defer cancel()
	id, err := p.Redeem(limited, h.passage(a.Provider, a.State, s), a.Reply)
	switch {
	case err == nil && id.Valid():
		return id, nil
	case err == nil:
		err = Rejected("the identity has no usable key")
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return Identity{}, h.failed(ctx, a.Provider, "unavailable", err, fault.CodeUnavailable, title+" does not answer. Nothing has changed; try again in a minute or sign in another way.")
	}
	return Identity{}, h.failed(ctx, a.Provider, "rejected", err, fault.CodeForbidden, "The answer of "+title+" could not be verified, so it was not used. Begin again; if this keeps happening, tell whoever runs this site.")
}

// deniedText explains the errors of RFC 6749 §4.1.2.1 and OpenID Connect Core
// §3.1.2.6 to people.
func deniedText(title, code string) string {
	switch code {
	case "access_denied", "consent_required":
		return "The sign-in was cancelled at " + title + ". Begin again, or sign in another way."
	case "login_required", "interaction_required", "account_selection_required":
		return title + " wants you to sign in there first. Begin again."
	case "temporarily_unavailable", "server_error":
		return title + " has a problem at the moment. Try again in a minute or sign in another way."
	default:
		return title + " did not sign you in. Begin again; if this keeps happening, tell whoever runs this site."
	}
}

func (h *Host) failed(ctx context.Context, provider, reason string, cause error, code fault.Code, detail string) error {
	h.Observe(provider, "callback", reason)
	e := h.event(ctx, audit.LoginFail, audit.Failure, "", provider)
	e.Reason = "provider_" + reason
	if err := h.Store.Record(ctx, audit.Of(e)); err != nil {
		return err
	}
	return fault.Because(code, cause).WithDetail(detail)
}

// handOver keeps the identity under a one-time code and says where to go.
func (h *Host) handOver(ctx context.Context, landing Landing, tok onetime.Token, data passing, id Identity) (Landing, error) {
	if !h.KeepTokens {
		id.Tokens = Tokens{}
	}
	plain, hash := opaque.New(opaque.Handover)
	c := carried{Provider: data.Provider, Identity: id, Challenge: data.Challenge}
	if c.Challenge == "" {
		s := newSecret()
		c.Browser, landing.Handover = s.hash(), string(s)
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return landing, err
	}
	now := h.Clock()
	err = h.Store.IssueOneTime(ctx, onetime.Token{
		Kind: onetime.Handover, Hash: hash, UserID: tok.UserID, SessionID: tok.SessionID,
		Data: h.Sealer.Seal(raw, "one_time_tokens", hex.EncodeToString(hash), "data"), CreatedAt: now, ExpiresAt: now.Add(HandoverLife),
	}, audit.Trail{})
	if err != nil {
		return landing, err
	}
	h.Observe(data.Provider, "callback", "ok")
	landing.URL = data.ReturnTo + "#code=" + plain
	return landing, nil
}
