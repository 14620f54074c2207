package enrolment

import (
	"context"
	"slices"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/proof"
)

// Disable removes the user's factors of one method, or the one of that id. The
// user's other sessions end (MF-04). While policy demands a second factor the
// last one stays: fault.CodeLastFactor. With the last one go the backup codes.
func (s *Service) Disable(ctx context.Context, u account.User, sessionID string, m proof.Method, id string) error {
	all, err := s.factors(ctx, u.ID)
	if err != nil {
		return err
	}
	held := slices.ContainsFunc(all, func(e factor.Enrolment) bool {
		return e.Enabled && e.Method == m && (id == "" || e.ID == id)
	})
	if !held && m != proof.BackupCode {
		return fault.New(fault.CodeNotFound).WithDetail("This factor is not set up.")
	}
	r := factor.Removal{UserID: u.ID, Method: m, ID: id, KeepSecond: s.Policy.Requires(string(u.Role)), Usable: s.Policy.Methods}
	return s.remove(ctx, u, sessionID, r, all)
}

// remove removes, and tells the numbers in held too: a phone that no longer
// counts is the one that must hear of it (OT-09).
func (s *Service) remove(ctx context.Context, u account.User, sessionID string, r factor.Removal, held []factor.Enrolment) error {
	ending := s.Sessions.Ending(u.ID, sessionID, "factor_removed")
	e := audit.New(ctx, ending.At, audit.FactorRemoved, audit.Success, u.ID)
	e.Factor, e.SessionID = string(r.Method), sessionID
	defer s.Nudge()
	told := s.notices(ctx, u, message.FactorRemoved, map[string]string{"factor": string(r.Method)}, held)
	revs, touched, err := s.Store.RemoveFactors(ctx, r, ending, audit.Of(e).Telling(told...))
	if err != nil {
		return err
	}
	if !touched {
		return fault.New(fault.CodeNotFound).WithDetail("This factor is not set up.")
	}
	s.Sessions.Announce(ctx, revs...)
	return nil
}

// NewBackupCodes replaces the user's backup codes and returns the new ones,
// which are shown once (BC-06). They help out where another factor is lost, so a
// user without one gets fault.CodeConflict.
func (s *Service) NewBackupCodes(ctx context.Context, u account.User, sessionID string) ([]string, error) {
	now := s.Clock()
	held, err := s.Store.Enrolments(ctx, u.ID, now)
	if err != nil {
		return nil, err
	}
	offers, err := s.Held(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	if len(offers) == 0 {
		return nil, fault.New(fault.CodeConflict).WithDetail("Set up a second factor first; backup codes stand in for it.")
	}
	plain, rows, err := s.NewCodes(ctx)
	if err != nil {
		return nil, err
	}
	e := audit.New(ctx, now, audit.FactorAdded, audit.Success, u.ID)
	e.Factor, e.SessionID = string(proof.BackupCode), sessionID
	defer s.Nudge()
	told := s.notices(ctx, u, message.BackupCodesNew, nil, held)
	return plain, s.Store.ReplaceBackupCodes(ctx, u.ID, rows, now, audit.Of(e).Telling(told...))
}
