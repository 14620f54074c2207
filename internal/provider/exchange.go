package provider

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/proof"
)

// Showing is what whoever exchanges a one-time code shows with it.
type Showing struct {
	Code     string
	Verifier string // of the front end's own PKCE
	Browser  string // the value of HandoverCookie
	// UserID and SessionID are the caller's open session, empty without one; only
	// a link asks for them.
	UserID, SessionID string
}

// Result is what an exchange decided.
type Result struct {
	Verdict  Verdict
	Provider string
	// Linking is whether this was asked for by a signed-in user, so that no
	// sign-in follows.
	Linking bool
	// User and Proof go to package signin, for Created, SignedIn and Linked.
	User  account.User
	Proof proof.Proof
	// Account is the linked account, for Created, SignedIn and Linked.
	Account Account
	// Proofs are the ways to sign in to the existing account, for NeedsProof:
	// "password", "oauth:github".
	Proofs []string
}

// tries is how often a decision is taken anew because another sign-in of the
// same person was faster.
const tries = 3

// Exchange spends a one-time code and decides what the identity behind it means.
// A code that is unknown, spent, expired or shown by somebody else is
// fault.CodeAttemptExpired. Conflict is fault.CodeConflict, Refused
// fault.CodeForbidden (or, as for passwords, fault.CodeInvalidCredentials for a
// disabled account). Whatever the decision, it is in the audit log.
func (h *Host) Exchange(ctx context.Context, s Showing) (Result, error) {
	hash, tok, c, err := h.open(ctx, s)
	if err != nil {
		return Result{}, err
	}
	if tok.UserID != "" && (tok.UserID != s.UserID || tok.SessionID != s.SessionID) {
		return Result{}, fault.New(fault.CodeForbidden).WithDetail("Only the session that asked for this link can finish it.")
	}
	for range tries {
		var r Result
		if r, err = h.settle(ctx, hash, tok, c); !errors.Is(err, errOvertaken) {
			return r, err
		}
	}
	return Result{}, fault.Because(fault.CodeConflict, err)
}

// errOvertaken says that what Decide looked at has changed meanwhile.
var errOvertaken = errors.New("provider: another sign-in was faster")

// open finds the code and checks who shows it; it spends nothing.
func (h *Host) open(ctx context.Context, s Showing) ([]byte, onetime.Token, carried, error) {
	var c carried
	dead := func(cause error) ([]byte, onetime.Token, carried, error) {
		return nil, onetime.Token{}, c, fault.Because(fault.CodeAttemptExpired, cause)
	}
	hash, err := opaque.Hash(opaque.Handover, s.Code)
	if err != nil {
		return dead(err)
	}
	tok, err := h.Store.FindOneTime(ctx, onetime.Handover, hash, h.Clock())
	if fault.Of(err) == fault.CodeNotFound {
		return dead(err)
	}
	if err != nil {
		return nil, tok, c, err
	}
	raw, err := h.Sealer.Open(tok.Data, "one_time_tokens", hex.EncodeToString(hash), "data")
	if err != nil {
		return nil, tok, c, err
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, tok, c, err
	}
	if !c.shownBy(s) {
		return dead(errors.New("provider: the code is bound to another front end"))
	}
	return hash, tok, c, nil
}

// shownBy reports whether whoever shows the code began the passage.
func (c carried) shownBy(s Showing) bool {
	if c.Challenge != "" {
		return goodVerifier(s.Verifier) && subtle.ConstantTimeCompare([]byte(challengeOf(s.Verifier)), []byte(c.Challenge)) == 1
	}
	b, ok := readSecret(s.Browser)
	return ok && b.matches(c.Browser)
}

// goodVerifier checks the length of RFC 7636 §4.1.
func goodVerifier(v string) bool { return len(v) >= 43 && len(v) <= 128 }

// settle gathers the facts, decides and acts once.
func (h *Host) settle(ctx context.Context, hash []byte, tok onetime.Token, c carried) (Result, error) {
	f, err := h.facts(ctx, tok, c)
	if err != nil {
		return Result{}, err
	}
	d := Decide(h.Rules, f)
	r, err := h.act(ctx, hash, tok, c, f, d)
	if !errors.Is(err, errOvertaken) {
		h.Observe(c.Provider, "exchange", string(d.Verdict))
	}
	return r, err
}

// facts reads what Decide looks at.
func (h *Host) facts(ctx context.Context, tok onetime.Token, c carried) (Facts, error) {
	f := Facts{Identity: c.Identity}
	var err error
	if tok.UserID != "" {
		if f.Linker, err = present(h.Store.UserByID(ctx, tok.UserID)); err == nil && f.Linker == nil {
			err = fault.New(fault.CodeInvalidToken)
		}
		if err != nil {
			return f, err
		}
	}
	f.Known, err = present(h.Store.OAuthAccount(ctx, c.Provider, c.Identity.Issuer, c.Identity.Subject))
	if err != nil {
		return f, err
	}
	usable := false
	if f.Address, err = account.ParseAddress(c.Identity.Email); err == nil {
		usable = true
	}
	if f.Known != nil {
		f.Owner, err = present(h.Store.UserByID(ctx, f.Known.UserID))
		return f, err
	}
	if !usable {
		return f, nil
	}
	if f.Namesake, err = present(h.Store.UserByEmail(ctx, f.Address.Canonical)); err != nil || f.Namesake == nil {
		return f, err
	}
	linked, err := h.Store.OAuthAccounts(ctx, f.Namesake.ID)
	for _, l := range linked {
		f.NamesakeLinked = f.NamesakeLinked || l.Provider == c.Provider
		if l.Provider == c.Provider && l.Issuer == c.Identity.Issuer && l.Subject == c.Identity.Subject {
			return f, errOvertaken // the account came between the look-ups, with this identity
		}
	}
	return f, err
}

// present turns "not found" into nil.
func present[T any](v T, err error) (*T, error) {
	if fault.Of(err) == fault.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}
