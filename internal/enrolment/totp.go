package enrolment

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
)

// Setup is what a person needs to set an authenticator app up. The secret is
// shown here and never again (TO-01).
type Setup struct {
	Secret    string // base32, for typing
	URI       string // otpauth://…
	QR        string // the URI as an SVG image in a data URI
	ExpiresAt time.Time
}

// maxFactors bounds the authenticator apps of one user.
const maxFactors = 10

// maxFactorName is the longest name of a factor, in code points.
const maxFactorName = 50

// SetupTOTP makes a fresh secret that counts once a code of it was shown. An
// older pending set-up dies; confirmed apps stay as they are (MF-07).
func (s *Service) SetupTOTP(ctx context.Context, u account.User, name string) (Setup, error) {
	name, err := nameOf(name, "Authenticator app")
	if err != nil {
		return Setup{}, err
	}
	now := s.Clock()
	all, err := s.Store.Enrolments(ctx, u.ID, now)
	if err != nil {
		return Setup{}, err
	}
	if confirmed(all, proof.TOTP) >= maxFactors {
		return Setup{}, fault.New(fault.CodeConflict).WithDetail("Ten authenticator apps are the most; remove one first.")
	}
	secret := s.TOTP.NewSecret()
	out := Setup{ExpiresAt: now.Add(pendingLife)}
	if out.Secret, out.URI, out.QR, err = s.TOTP.Show(s.Issuer, u.Email, secret); err != nil {
		return Setup{}, err
	}
	e := audit.New(ctx, now, audit.FactorAdded, audit.Success, u.ID)
	e.Factor, e.Reason = string(proof.TOTP), "setup_started"
	return out, s.Store.BeginEnrolment(ctx, factor.Enrolment{
		ID: ident.New(), UserID: u.ID, Method: proof.TOTP, Name: name, Secret: secret, ExpiresAt: out.ExpiresAt, CreatedAt: now,
	}, audit.Of(e))
}

func confirmed(all []factor.Enrolment, m proof.Method) (n int) {
	for _, e := range all {
		if e.Enabled && e.Method == m {
			n++
		}
	}
	return n
}

// ConfirmTOTP proves the pending app with a code, which is thereby spent
// (TO-04). With the user's first factor it returns fresh backup codes. The proof
// is returned for the sign-in or session that goes on.
func (s *Service) ConfirmTOTP(ctx context.Context, sub factor.Subject, u account.User, answer string) (codes []string, p proof.Proof, err error) {
	now := s.Clock()
	all, err := s.factors(ctx, u.ID)
	if err != nil {
		return nil, p, err
	}
	pending := pendingOf(all, proof.TOTP)
	if pending == nil {
		return nil, p, fault.New(fault.CodeNothingPending)
	}
	step, err := s.matchPending(ctx, u, *pending, answer, now)
	if err != nil {
		return nil, p, err
	}
	c := factor.Confirmation{ID: pending.ID, UserID: u.ID, Step: step, Unless: s.unless(sub), At: now}
	if codes, err = s.firstCodes(ctx, u.ID, all, &c); err != nil {
		return nil, p, err
	}
	e := audit.New(ctx, now, audit.FactorAdded, audit.Success, u.ID)
	e.Factor, e.Details = string(proof.TOTP), map[string]string{"name": pending.Name}
	defer s.Nudge()
	told := s.notices(ctx, u, message.FactorAdded, map[string]string{"factor": string(proof.TOTP)}, all)
	touched, err := s.Store.ConfirmEnrolment(ctx, c, audit.Of(e).Telling(told...))
	if err != nil {
		return nil, p, err
	}
	if !touched {
		return nil, p, fault.New(fault.CodeNothingPending)
	}
	return codes, proof.Proof{Method: proof.TOTP, Ref: pending.ID}, nil
}

// unless is what a sign-in that must set its first factor up does not add a
// further one to; nothing for an open session.
func (s *Service) unless(sub factor.Subject) []proof.Method {
	if sub.AttemptID == nil {
		return nil
	}
	return s.Policy.Methods
}

func pendingOf(all []factor.Enrolment, m proof.Method) *factor.Enrolment {
	for i := range all {
		if all[i].Method == m && !all[i].Enabled {
			return &all[i]
		}
	}
	return nil
}

// matchPending counts a try of a confirmation, then compares.
func (s *Service) matchPending(ctx context.Context, u account.User, e factor.Enrolment, answer string, now time.Time) (int64, error) {
	c, err := s.Counters.CountAttempt(ctx, u.ID, proof.TOTP, now, s.Curve)
	if err != nil {
		return 0, err
	}
	if !c.Evaluate {
		return 0, fault.New(fault.CodeRateLimited).WithRetryAfter(max(c.LockedUntil.Sub(now), time.Second))
	}
	code, err := s.TOTP.Read(answer)
	if err != nil {
		return 0, fault.InvalidField("code", "Enter the six digits that the app shows.", "malformed_code")
	}
	step, ok, err := s.TOTP.Match(e.Secret, code, now)
	if err != nil {
		return 0, err
	}
	if !ok {
		wrong := audit.New(ctx, now, audit.FactorFail, audit.Failure, u.ID)
		wrong.Factor, wrong.Reason = string(proof.TOTP), "wrong_setup_code"
		if err := s.Store.Record(ctx, audit.Of(wrong)); err != nil {
			return 0, err
		}
		return 0, fault.New(fault.CodeInvalidCode)
	}
	return step, s.Counters.ClearAttempts(ctx, u.ID, proof.TOTP)
}

// firstCodes adds backup codes to the confirmation of a user's first factor.
func (s *Service) firstCodes(ctx context.Context, userID string, all []factor.Enrolment, c *factor.Confirmation) ([]string, error) {
	for _, e := range all {
		if e.Enabled {
			return nil, nil
		}
	}
	left, err := s.Store.BackupCodesLeft(ctx, userID)
	if err != nil || left > 0 {
		return nil, err
	}
	plain, rows, err := s.NewCodes(ctx)
	c.BackupCodes = rows
	return plain, err
}
