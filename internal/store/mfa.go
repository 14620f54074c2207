package store

import (
	"context"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// Enrolments returns the user's factors, confirmed and still being set up,
// oldest first, with their secrets opened.
func (s *Store) Enrolments(ctx context.Context, userID string, now time.Time) ([]factor.Enrolment, error) {
	rows, err := s.read().MFAOfUser(ctx, queries.MFAOfUserParams{UserID: userID, Now: clock.Micros(now)})
	if err != nil {
		return nil, err
	}
	out := make([]factor.Enrolment, 0, len(rows))
	for _, r := range rows {
		e := factor.Enrolment{
			ID: r.ID, UserID: r.UserID, Method: proof.Method(r.Method), Name: r.Name, Phone: r.Phone, Email: r.Email,
			Enabled: r.Enabled, LastStep: r.LastStep, ExpiresAt: clock.FromMicros(r.ExpiresAt),
			LastUsedAt: clock.FromMicros(r.LastUsedAt), CreatedAt: clock.FromMicros(r.CreatedAt),
		}
		if len(r.Secret) > 0 {
			// The user id is part of the row's name, so a secret copied to another
			// user's row does not open (TO-01).
			if e.Secret, err = s.seal.Open(r.Secret, "user_mfa", r.ID+"/"+r.UserID, "secret"); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// BeginEnrolment stores a factor that is still to be confirmed, in place of an
// older unconfirmed one of its method; confirmed ones stay as they are (MF-07).
func (s *Store) BeginEnrolment(ctx context.Context, e factor.Enrolment, t audit.Trail) error {
	return s.writeFor(ctx, e.UserID, func(q *queries.Queries) error {
		if err := s.beginEnrolment(ctx, q, e); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
}

// ConfirmEnrolment turns a factor that is being set up into one that counts.
// touched is false when there is none, it has lapsed, or another call was
// faster. Where c brings backup codes they replace all older ones.
func (s *Store) ConfirmEnrolment(ctx context.Context, c factor.Confirmation, t audit.Trail) (touched bool, err error) {
	err = s.writeFor(ctx, c.UserID, func(q *queries.Queries) error {
		if err := stillWithout(ctx, q, c.UserID, c.Unless, c.At); err != nil {
			return err
		}
		n, err := q.ConfirmMFA(ctx, queries.ConfirmMFAParams{Step: c.Step, Now: clock.Micros(c.At), ID: c.ID, UserID: c.UserID})
		if touched = n == 1; err != nil || !touched {
			return unchanged(err)
		}
		if len(c.BackupCodes) > 0 {
			if err := replaceBackupCodes(ctx, q, c.UserID, c.BackupCodes, c.At); err != nil {
				return err
			}
		}
		if err := killOneTime(ctx, q, c.UserID, c.At, onetime.Device); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// AcceptStep spends a TOTP time step of a factor. touched is false when that
// step or a newer one was spent before: each code works once over every route
// and node (TO-04).
func (s *Store) AcceptStep(ctx context.Context, userID, id string, step int64, now time.Time) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		n, err := q.AcceptStep(ctx, queries.AcceptStepParams{Step: step, Now: clock.Micros(now), ID: id, UserID: userID})
		touched = n == 1
		return err
	})
	return touched, err
}

// RemoveFactors removes the user's confirmed factors of one method, or only the
// one named by id, and ends other sessions (MF-04). With the last second factor
// go the backup codes; where policy demands one it stays, and the answer is
// CodeLastFactor. touched is false when there was none.
func (s *Store) RemoveFactors(ctx context.Context, r factor.Removal, e session.Ending, t audit.Trail) (revs []session.Revocation, touched bool, err error) {
	err = s.writeFor(ctx, r.UserID, func(q *queries.Queries) error {
		n, err := removeFactors(ctx, q, r)
		if touched = n > 0; err != nil || !touched {
			return unchanged(err)
		}
		if r.Method != proof.BackupCode {
			if err := keepSecond(ctx, q, r.UserID, r.KeepSecond, r.Usable, e.At); err != nil {
				return err
			}
		}
		if err := killOneTime(ctx, q, r.UserID, e.At, onetime.Device, onetime.SMSChallenge, onetime.EmailChallenge); err != nil {
			return err
		}
		if revs, err = endSessions(ctx, q, e); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, touched, err
}

// keepSecond looks at what a removal left, while the user's row is held, so that
// two removals cannot each count on the other's factor. Where nothing is left it
// refuses if policy demands a second factor, else it removes the backup codes,
// which stand in for one.
func keepSecond(ctx context.Context, q *queries.Queries, userID string, demanded bool, usable []proof.Method, now time.Time) error {
	left, err := holdsOneOf(ctx, q, userID, usable, now)
	if err != nil || left {
		return err
	}
	if demanded {
		return fault.New(fault.CodeLastFactor)
	}
	_, err = q.DeleteBackupCodes(ctx, userID)
	return err
}

// stillWithout refuses where the user holds a confirmed factor of these methods.
// The caller holds the user's row, so of two that come at once one sees the
// other.
func stillWithout(ctx context.Context, q *queries.Queries, userID string, methods []proof.Method, now time.Time) error {
	held, err := holdsOneOf(ctx, q, userID, methods, now)
	if err == nil && held {
		err = fault.New(fault.CodeForbidden).WithDetail("A factor was set up meanwhile; sign in with it.")
	}
	return err
}

// holdsOneOf reports whether the user has a confirmed factor of these methods;
// backup codes are none.
func holdsOneOf(ctx context.Context, q *queries.Queries, userID string, methods []proof.Method, now time.Time) (bool, error) {
	if slices.Contains(methods, proof.Passkey) {
		n, err := q.CountPasskeys(ctx, userID)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	factors, err := q.MFAOfUser(ctx, queries.MFAOfUserParams{UserID: userID, Now: clock.Micros(now)})
	return slices.ContainsFunc(factors, func(f queries.UserMfa) bool {
		return f.Enabled && slices.Contains(methods, proof.Method(f.Method))
	}), err
}

func removeFactors(ctx context.Context, q *queries.Queries, r factor.Removal) (int64, error) {
	switch {
	case r.Method == proof.BackupCode:
		return q.DeleteBackupCodes(ctx, r.UserID)
	case r.ID != "":
		return q.DeleteMFA(ctx, queries.DeleteMFAParams{ID: r.ID, UserID: r.UserID})
	default:
		return q.DeleteMFAOfMethod(ctx, queries.DeleteMFAOfMethodParams{UserID: r.UserID, Method: string(r.Method)})
	}
}

// ResetFactors removes every second factor of a user and ends all sessions, for
// an administrator (MF-08).
func (s *Store) ResetFactors(ctx context.Context, e session.Ending, t audit.Trail) (revs []session.Revocation, err error) {
	err = s.writeFor(ctx, e.UserID, func(q *queries.Queries) error {
		if _, err := q.DeleteMFAOfUser(ctx, e.UserID); err != nil {
			return err
		}
		if _, err := q.DeletePasskeysOfUser(ctx, e.UserID); err != nil {
			return err
		}
		if _, err := q.DeleteBackupCodes(ctx, e.UserID); err != nil {
			return err
		}
		if _, err := q.ClearAttemptsOfSubject(ctx, e.UserID); err != nil {
			return err
		}
		if revs, err = endUser(ctx, q, e); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
	return revs, err
}

// ReplaceBackupCodes stores new codes and removes all older ones (BC-06).
func (s *Store) ReplaceBackupCodes(ctx context.Context, userID string, codes []factor.BackupCode, now time.Time, t audit.Trail) error {
	return s.writeFor(ctx, userID, func(q *queries.Queries) error {
		if err := replaceBackupCodes(ctx, q, userID, codes, now); err != nil {
			return err
		}
		return s.leave(ctx, q, t)
	})
}

func replaceBackupCodes(ctx context.Context, q *queries.Queries, userID string, codes []factor.BackupCode, now time.Time) error {
	if _, err := q.DeleteBackupCodes(ctx, userID); err != nil {
		return err
	}
	for _, c := range codes {
		if err := q.InsertBackupCode(ctx, queries.InsertBackupCodeParams{
			ID: ident.New(), UserID: userID, CodeID: c.CodeID, CodeHash: c.Hash, CreatedAt: clock.Micros(now),
		}); err != nil {
			return err
		}
	}
	return nil
}

// BackupCode returns the user's code of that code id, used or not, or
// CodeNotFound (BC-05).
func (s *Store) BackupCode(ctx context.Context, userID, codeID string) (factor.BackupCode, error) {
	r, err := s.read().BackupCode(ctx, queries.BackupCodeParams{UserID: userID, CodeID: codeID})
	return factor.BackupCode{ID: r.ID, CodeID: r.CodeID, Hash: r.CodeHash, Used: r.Used}, absent(err)
}

// UseBackupCode spends one code. touched is false when it was spent before
// (BC-03).
func (s *Store) UseBackupCode(ctx context.Context, userID, id string, now time.Time, t audit.Trail) (touched bool, err error) {
	err = s.write(ctx, func(q *queries.Queries) error {
		n, err := q.UseBackupCode(ctx, queries.UseBackupCodeParams{Now: clock.Micros(now), ID: id, UserID: userID})
		if touched = n == 1; err != nil || !touched {
			return unchanged(err)
		}
		return s.leave(ctx, q, t)
	})
	return touched, err
}

// BackupCodesLeft returns how many unused codes the user has.
func (s *Store) BackupCodesLeft(ctx context.Context, userID string) (int, error) {
	n, err := s.read().CountBackupCodes(ctx, userID)
	return int(n), err
}
