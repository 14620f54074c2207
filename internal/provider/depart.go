package provider

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
)

// Wish is what whoever begins a passage asks for.
type Wish struct {
	Provider string
	ReturnTo string // see Targets
	// Challenge is the front end's own PKCE challenge (S256), which binds the
	// one-time code to it; empty: the code is bound to this browser by a cookie.
	Challenge string
	Method    string // "S256" or empty
	// Ticket continues a link that Invite prepared; the rest is as said there.
	Ticket string
}

// Departure is where the browser goes next, and the cookie it takes along.
type Departure struct {
	URL    string
	Cookie string // its name
	Value  string
}

// CookiePrefix begins the name of every cookie of a passage. Each passage has
// its own, so that two tabs do not disturb each other.
const CookiePrefix = "__Host-sallyport_oauth_"

// HandoverCookie keeps the binding of a one-time code where the front end brings
// no PKCE challenge.
const HandoverCookie = "__Host-sallyport_handover"

func cookieName(stateHash []byte) string { return CookiePrefix + hex.EncodeToString(stateHash[:4]) }

// passing is what a state remembers. Whose link it is stands in the row itself.
type passing struct {
	Provider  string `json:"provider"`
	Browser   []byte `json:"browser,omitempty"` // the hash of the cookie
	ReturnTo  string `json:"return_to"`         // resolved
	Challenge string `json:"challenge,omitempty"`
}

var goodChallenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

func (w Wish) check() error {
	if w.Challenge != "" && !goodChallenge.MatchString(w.Challenge) {
		return fault.InvalidField("query.code_challenge", "Send the unpadded base64url of a SHA-256.", "invalid_challenge")
	}
	if w.Method != "" && w.Method != "S256" {
		return fault.InvalidField("query.code_challenge_method", "S256 is the only method.", "invalid_method")
	}
	return nil
}

// Start begins a passage: a sign-in, or the link of a ticket. It returns
// fault.CodeNotFound for an unknown provider, fault.CodeInvalidRequest for a bad
// challenge, fault.CodeLinkExpired for a dead ticket and fault.CodeUnavailable
// while the provider does not answer; then nothing was stored.
func (h *Host) Start(ctx context.Context, w Wish) (Departure, error) {
	p, ok := h.Registry.Find(w.Provider)
	if !ok {
		return Departure{}, fault.New(fault.CodeNotFound)
	}
	if err := w.check(); err != nil {
		return Departure{}, err
	}
	tok := onetime.Token{Kind: onetime.OAuthState}
	data := passing{Provider: w.Provider, ReturnTo: h.Targets.Resolve(w.ReturnTo), Challenge: w.Challenge}
	if w.Ticket != "" {
		ticket, err := h.punch(ctx, w)
		if err != nil {
			return Departure{}, err
		}
		tok.UserID, tok.SessionID = ticket.UserID, ticket.SessionID
		if err := json.Unmarshal(ticket.Data, &data); err != nil {
			return Departure{}, err
		}
	}
	return h.depart(ctx, p, tok, data)
}

// punch spends a ticket, which must be for that provider.
func (h *Host) punch(ctx context.Context, w Wish) (onetime.Token, error) {
	hash, err := opaque.Hash(opaque.LinkTicket, w.Ticket)
	if err != nil {
		return onetime.Token{}, fault.Because(fault.CodeLinkExpired, err)
	}
	tok, err := h.Store.ClaimOneTime(ctx, onetime.LinkTicket, hash, h.Clock())
	if fault.Of(err) == fault.CodeNotFound {
		return tok, fault.Because(fault.CodeLinkExpired, err)
	}
	if err != nil {
		return tok, err
	}
	var data passing
	if err := json.Unmarshal(tok.Data, &data); err != nil {
		return tok, err
	}
	if data.Provider != w.Provider {
		return tok, fault.Because(fault.CodeLinkExpired, errors.New("provider: the ticket is for another provider"))
	}
	return tok, nil
}

func (h *Host) depart(ctx context.Context, p Provider, tok onetime.Token, data passing) (Departure, error) {
	plain, hash := opaque.New(opaque.OAuthState)
	s := newSecret()
	limited, cancel := context.WithTimeout(ctx, Budget)
	defer cancel()
	target, err := p.AuthorizeURL(limited, h.passage(data.Provider, plain, s))
	if err != nil {
		h.Observe(data.Provider, "start", "unavailable")
		return Departure{}, fault.Because(fault.CodeUnavailable, err).WithDetail(p.About().Title + " does not answer; try again shortly or sign in another way.")
	}
	data.Browser = s.hash()
	if tok.Data, err = json.Marshal(data); err != nil {
		return Departure{}, err
	}
	tok.Hash, tok.CreatedAt = hash, h.Clock()
	tok.ExpiresAt = tok.CreatedAt.Add(StateLife)
	if err := h.Store.IssueOneTime(ctx, tok, audit.Trail{}); err != nil {
		return Departure{}, err
	}
	h.Observe(data.Provider, "start", "ok")
	return Departure{URL: target, Cookie: cookieName(hash), Value: string(s)}, nil
}

func (h *Host) passage(name, state string, s secret) Passage {
	return Passage{
		State: state, Nonce: s.derive("nonce"), Verifier: s.derive("pkce"), RedirectURI: h.RedirectURI(name), Offline: h.KeepTokens,
	}
}

// Invite prepares linking an identity to a signed-in user: the address to open
// in the browser, within TicketLife. Only the session that asked can finish the
// link (see Exchange), so nobody can be led into linking to somebody else's
// account. The caller has demanded a fresh proof.
func (h *Host) Invite(ctx context.Context, userID, sessionID string, w Wish) (address string, err error) {
	if _, ok := h.Registry.Find(w.Provider); !ok {
		return "", fault.New(fault.CodeNotFound)
	}
	if err := w.check(); err != nil {
		return "", err
	}
	data, err := json.Marshal(passing{Provider: w.Provider, ReturnTo: h.Targets.Resolve(w.ReturnTo), Challenge: w.Challenge})
	if err != nil {
		return "", err
	}
	now := h.Clock()
	plain, hash := opaque.New(opaque.LinkTicket)
	err = h.Store.IssueOneTime(ctx, onetime.Token{
		Kind: onetime.LinkTicket, Hash: hash, UserID: userID, SessionID: sessionID, Data: data,
		CreatedAt: now, ExpiresAt: now.Add(TicketLife),
	}, audit.Trail{})
	return h.PublicURL + "/api/v1/oauth/" + w.Provider + "/authorize?ticket=" + url.QueryEscape(plain), err
}
