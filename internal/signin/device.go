package signin

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/proof"
)

// Devices keeps remembered devices.
type Devices interface {
	// IssueOneTime stores one.
	IssueOneTime(ctx context.Context, tok onetime.Token, t audit.Trail) error
	// FindOneTime returns a live one, or fault.CodeNotFound.
	FindOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time) (onetime.Token, error)
	// OneTimesOfUser returns the user's live ones, newest first.
	OneTimesOfUser(ctx context.Context, kind onetime.Kind, userID string, now time.Time) ([]onetime.Token, error)
	// RevokeOneTime ends one; touched is false when it was over already.
	RevokeOneTime(ctx context.Context, kind onetime.Kind, hash []byte, now time.Time, t audit.Trail) (touched bool, err error)
}

// maxDevices is how many devices one user can have remembered; the oldest make
// room.
const maxDevices = 20

// Device is a browser that stands in for the second factor of a sign-in (MF-06).
type Device struct {
	ID        string
	UserAgent string
	IP        string
	CreatedAt time.Time
	ExpiresAt time.Time
	hash      []byte
}

// deviceData is what is kept with a remembered device.
type deviceData struct {
	ID        string `json:"id"`
	UserAgent string `json:"user_agent"`
	IP        string `json:"ip"`
}

type deviceKey struct{}

// WithDevice returns a context of a client that shows the token of a remembered
// device. Any text will do: one that is no such token counts for nothing.
func WithDevice(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, deviceKey{}, token)
}

// recognise returns the proof of a remembered device of this user. It stands in
// for a factor the user holds and for nothing else: whoever must set one up is
// not spared that.
func (s *Service) recognise(ctx context.Context, u account.User) (p proof.Proof, ok bool, err error) {
	plain, _ := ctx.Value(deviceKey{}).(string)
	if plain == "" || s.RememberFor <= 0 || u.ID == "" {
		return p, false, nil
	}
	hash, err := opaque.Hash(opaque.Device, plain)
	if err != nil { // not a token: as good as none
		return p, false, nil //nolint:nilerr // a wrong cookie must not keep anybody from signing in
	}
	now := s.Clock()
	tok, err := s.Devices.FindOneTime(ctx, onetime.Device, hash, now)
	if fault.Of(err) == fault.CodeNotFound {
		return p, false, nil
	}
	if err != nil {
		return p, false, err
	}
	d, err := deviceOf(tok)
	// A setting that was lowered holds for devices remembered before.
	if err != nil || tok.UserID != u.ID || now.Sub(tok.CreatedAt) >= s.RememberFor {
		return p, false, err
	}
	held, err := s.Held.Held(ctx, u.ID)
	if err != nil || len(held) == 0 {
		return p, false, err
	}
	return proof.Proof{Method: proof.Device, Ref: d.ID, At: now}, true, nil
}

// Remember makes a token by which the client that just finished this sign-in is
// recognised, and tells for how long; "" where devices are not remembered. It is
// called after a second factor was shown.
func (s *Service) Remember(ctx context.Context, userID, sessionID string) (token string, life time.Duration, err error) {
	if s.RememberFor <= 0 {
		return "", 0, nil
	}
	now, from := s.Clock(), audit.OriginOf(ctx)
	if err := s.makeRoom(ctx, userID, sessionID); err != nil {
		return "", 0, err
	}
	raw, err := json.Marshal(deviceData{ident.New(), from.UserAgent, from.ClientIP})
	if err != nil {
		return "", 0, err
	}
	token, hash := opaque.New(opaque.Device)
	e := s.event(ctx, audit.TokenCreated, audit.Success, userID, proof.Device)
	e.SessionID = sessionID
	return token, s.RememberFor, s.Devices.IssueOneTime(ctx, onetime.Token{
		Kind: onetime.Device, Hash: hash, UserID: userID, Data: raw, CreatedAt: now, ExpiresAt: now.Add(s.RememberFor),
	}, audit.Of(e))
}

// makeRoom forgets the oldest devices beyond the most there may be.
func (s *Service) makeRoom(ctx context.Context, userID, sessionID string) error {
	all, err := s.RememberedDevices(ctx, userID)
	if err != nil {
		return err
	}
	for len(all) >= maxDevices {
		if err := s.forget(ctx, userID, sessionID, all[len(all)-1]); err != nil {
			return err
		}
		all = all[:len(all)-1]
	}
	return nil
}

// RememberedDevices lists the user's devices, newest first.
func (s *Service) RememberedDevices(ctx context.Context, userID string) ([]Device, error) {
	toks, err := s.Devices.OneTimesOfUser(ctx, onetime.Device, userID, s.Clock())
	if err != nil {
		return nil, err
	}
	out := make([]Device, 0, len(toks))
	for _, tok := range toks {
		d, err := deviceOf(tok)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// ForgetDevice makes a device ask for the second factor again, or returns
// fault.CodeNotFound.
func (s *Service) ForgetDevice(ctx context.Context, userID, sessionID, id string) error {
	all, err := s.RememberedDevices(ctx, userID)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.ID == id {
			return s.forget(ctx, userID, sessionID, d)
		}
	}
	return fault.New(fault.CodeNotFound)
}

func (s *Service) forget(ctx context.Context, userID, sessionID string, d Device) error {
	e := s.event(ctx, audit.TokenRevoked, audit.Success, userID, proof.Device)
	e.SessionID = sessionID
	_, err := s.Devices.RevokeOneTime(ctx, onetime.Device, d.hash, s.Clock(), audit.Of(e))
	return err
}

func deviceOf(tok onetime.Token) (Device, error) {
	var d deviceData
	err := json.Unmarshal(tok.Data, &d)
	return Device{d.ID, d.UserAgent, d.IP, tok.CreatedAt, tok.ExpiresAt, tok.Hash}, err
}
