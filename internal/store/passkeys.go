package store

import (
	"context"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// The values of webauthn_credentials.device_type.
const (
	singleDevice = "single_device" // the key never leaves its device
	multiDevice  = "multi_device"  // the key is synced: backup eligible
)

func passkeyOf(r queries.WebauthnCredential) factor.Passkey {
	p := factor.Passkey{
		ID: r.ID, UserID: r.UserID, CredentialID: r.CredentialID, PublicKey: r.PublicKey, SignCount: uint32(r.SignCount),
		Synced: r.DeviceType == multiDevice, BackedUp: r.BackedUp, UVInitialized: r.UvInitialized, AAGUID: r.Aaguid,
		Name: r.Name, CreatedAt: clock.FromMicros(r.CreatedAt), LastUsedAt: clock.FromMicros(r.LastUsed),
	}
	if r.Transports != "" {
		p.Transports = strings.Split(r.Transports, ",")
	}
	return p
}

// Passkeys returns the user's passkeys, oldest first.
func (s *Store) Passkeys(ctx context.Context, userID string) ([]factor.Passkey, error) {
	rows, err := s.read().PasskeysOfUser(ctx, userID)
	if err != nil {
		return nil, err
	}
	out := make([]factor.Passkey, 0, len(rows))
	for _, r := range rows {
		out = append(out, passkeyOf(r))
	}
	return out, nil
}

// PasskeyByCredential returns the passkey of that credential id, whoever owns
// it, or CodeNotFound.
func (s *Store) PasskeyByCredential(ctx context.Context, credentialID []byte) (factor.Passkey, error) {
	r, err := s.read().PasskeyByCredential(ctx, credentialID)
	return passkeyOf(r), absent(err)
}

// AddPasskey adds a passkey, while the user has fewer than most, and replaces the
// backup codes where the change brings new ones. Remembered devices are
// forgotten. A credential that any user has is CodeAlreadyEnrolled, one too many
// CodeConflict (WA-09).
func (s *Store) AddPasskey(ctx context.Context, p factor.Passkey, codes []factor.BackupCode, most int, unless []proof.Method, t audit.Trail) error {
	kind := singleDevice
	if p.Synced {
		kind = multiDevice
	}
	err := s.writeFor(ctx, p.UserID, func(q *queries.Queries) error {
		if err := stillWithout(ctx, q, p.UserID, unless, p.CreatedAt); err != nil {
			return err
		}
		n, err := q.CountPasskeys(ctx, p.UserID)
		if err != nil {
			return err
		}
		if int(n) >= most {
			return fault.New(fault.CodeConflict).WithDetail("This account has as many passkeys as it can; remove one first.")
		}
		if err := q.InsertPasskey(ctx, queries.InsertPasskeyParams{
			ID: p.ID, UserID: p.UserID, CredentialID: p.CredentialID, PublicKey: p.PublicKey, SignCount: int64(p.SignCount),
			DeviceType: kind, BackedUp: p.BackedUp, UvInitialized: p.UVInitialized, Aaguid: p.AAGUID,
			Transports: strings.Join(p.Transports, ","), Name: p.Name, CreatedAt: clock.Micros(p.CreatedAt),
		}); err != nil {
			return err
		}
		if len(codes) > 0 {
			if err := replaceBackupCodes(ctx, q, p.UserID, codes, p.CreatedAt); err != nil {
				return err
			}
		}
		if err := killOneTime(ctx, q, p.UserID, p.CreatedAt, onetime.Device); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	if isDuplicate(err) {
		return fault.Because(fault.CodeAlreadyEnrolled, err)
	}
	return err
}

// UsePasskey keeps what an assertion said. touched is false, and nothing is
// written, when a key that cannot be copied shows a counter that did not go up
// (WA-11), or the passkey is gone.
func (s *Store) UsePasskey(ctx context.Context, u factor.PasskeyUse) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		n, err := q.UsePasskey(ctx, queries.UsePasskeyParams{
			SignCount: int64(u.SignCount), BackedUp: u.BackedUp, Now: clock.Micros(u.At), ID: u.ID, UserID: u.UserID,
		})
		if touched = n == 1; err != nil || !touched || !u.InitializeUV {
			return err
		}
		_, err = q.InitializeUV(ctx, queries.InitializeUVParams{ID: u.ID, UserID: u.UserID})
		return err
	})
	return touched, err
}

// RenamePasskey sets the user's word for a passkey, or returns CodeNotFound.
func (s *Store) RenamePasskey(ctx context.Context, userID, id, name string, t audit.Trail) error {
	return s.write(ctx, func(q *queries.Queries) error {
		n, err := q.RenamePasskey(ctx, queries.RenamePasskeyParams{Name: name, ID: id, UserID: userID})
		if err == nil && n == 0 {
			err = fault.New(fault.CodeNotFound)
		}
		if err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
}

// RemovePasskey removes a passkey, ends other sessions and the sign-ins under
// way, which may have begun with it, and forgets remembered devices; with the
// last second factor go the backup codes. It returns
// CodeNotFound where there is none, CodeLastSignInMethod where the user could no
// longer sign in, CodeLastFactor where policy demands a second factor and this
// is the last.
func (s *Store) RemovePasskey(ctx context.Context, r factor.PasskeyRemoval, e session.Ending, t audit.Trail) (revs []session.Revocation, err error) {
	err = s.writeFor(ctx, r.UserID, func(q *queries.Queries) error {
		if n, err := q.DeletePasskey(ctx, queries.DeletePasskeyParams{ID: r.ID, UserID: r.UserID}); err != nil || n == 0 {
			return orNotFound(err)
		}
		if err := spared(ctx, q, r, e.At); err != nil {
			return err
		}
		if err := killOneTime(ctx, q, r.UserID, e.At, onetime.Device, onetime.Attempt, onetime.PasskeyChallenge); err != nil {
			return err
		}
		if revs, err = endSessions(ctx, q, e); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, err
}

func orNotFound(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.CodeNotFound)
}

// spared refuses a removal that leaves too little, and removes the backup codes
// where nothing is left that they stand in for.
func spared(ctx context.Context, q *queries.Queries, r factor.PasskeyRemoval, now time.Time) error {
	left, err := canSignIn(ctx, q, r.UserID, r.Providers)
	if err != nil {
		return err
	}
	if !left {
		return fault.New(fault.CodeLastSignInMethod)
	}
	return keepSecond(ctx, q, r.UserID, r.KeepSecond, r.Usable, now)
}
