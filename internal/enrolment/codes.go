package enrolment

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/phone"
	"github.com/sallyport/sallyport/internal/proof"
)

// Address returns a confirmed factor of that method: the one of that id, or the
// oldest. fault.CodeNotFound where there is none.
func (s *Service) Address(ctx context.Context, userID string, m proof.Method, id string) (factor.Enrolment, error) {
	all, err := s.Store.Enrolments(ctx, userID, s.Clock())
	if err != nil {
		return factor.Enrolment{}, err
	}
	for _, e := range all {
		if e.Enabled && e.Method == m && (id == "" || e.ID == id) {
			return e, nil
		}
	}
	return factor.Enrolment{}, fault.New(fault.CodeNotFound)
}

// NewPhone returns a pending factor for a number as a person writes it, with its
// country code. It counts once the code sent there was typed; nothing is stored
// here.
func (s *Service) NewPhone(ctx context.Context, u account.User, number, name string) (factor.Enrolment, error) {
	n, err := phone.Parse(number, "")
	var bad *phone.Problem
	if errors.As(err, &bad) {
		return factor.Enrolment{}, fault.InvalidField("phone", bad.Message, bad.Code)
	}
	if err != nil {
		return factor.Enrolment{}, err
	}
	e, err := s.pending(ctx, u, proof.SMS, name, "Phone")
	if err != nil {
		return e, err
	}
	e.Phone = n.E164
	all, err := s.Store.Enrolments(ctx, u.ID, s.Clock())
	for _, old := range all {
		if old.Enabled && old.Phone == e.Phone {
			return e, fault.New(fault.CodeAlreadyEnrolled)
		}
	}
	return e, err
}

// NewMail returns a pending factor for the user's own verified address (OT-05);
// it counts once the code sent there was typed.
func (s *Service) NewMail(ctx context.Context, u account.User) (factor.Enrolment, error) {
	if !u.EmailVerified() {
		return factor.Enrolment{}, fault.New(fault.CodeEmailNotVerified)
	}
	e, err := s.pending(ctx, u, proof.Email, "", "E-mail")
	e.Email = u.Email
	return e, err
}

// pending begins a factor of that method.
func (s *Service) pending(ctx context.Context, u account.User, m proof.Method, name, fallback string) (factor.Enrolment, error) {
	name, err := nameOf(name, fallback)
	if err != nil {
		return factor.Enrolment{}, err
	}
	now := s.Clock()
	all, err := s.Store.Enrolments(ctx, u.ID, now)
	if err != nil {
		return factor.Enrolment{}, err
	}
	switch n := confirmed(all, m); {
	case m == proof.Email && n > 0:
		return factor.Enrolment{}, fault.New(fault.CodeAlreadyEnrolled)
	case n >= maxFactors:
		return factor.Enrolment{}, fault.New(fault.CodeConflict).WithDetail("Ten of a kind are the most; remove one first.")
	}
	return factor.Enrolment{ID: ident.New(), UserID: u.ID, Method: m, Name: name, ExpiresAt: now.Add(pendingLife)}, nil
}

// nameOf reads the user's own word for a factor.
func nameOf(name, fallback string) (string, error) {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > maxFactorName {
		return "", fault.InvalidField("name", "Use at most 50 characters.", "too_long")
	}
	if name == "" {
		return fallback, nil
	}
	return name, nil
}

// Confirm makes a pending factor count whose code was just typed. With the
// user's first factor it returns fresh backup codes. The user is told on every
// other channel (AU-07, OT-09).
func (s *Service) Confirm(ctx context.Context, sub factor.Subject, u account.User, m proof.Method, id string) ([]string, error) {
	now := s.Clock()
	all, err := s.factors(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	pending := pendingOf(all, m)
	if pending == nil || pending.ID != id {
		return nil, fault.New(fault.CodeNothingPending)
	}
	c := factor.Confirmation{ID: id, UserID: u.ID, Unless: s.unless(sub), At: now}
	codes, err := s.firstCodes(ctx, u.ID, all, &c)
	if err != nil {
		return nil, err
	}
	e := audit.New(ctx, now, audit.FactorAdded, audit.Success, u.ID)
	e.Factor, e.Details = string(m), map[string]string{"name": pending.Name}
	defer s.Nudge()
	told := s.notices(ctx, u, message.FactorAdded, map[string]string{"factor": string(m)}, all)
	touched, err := s.Store.ConfirmEnrolment(ctx, c, audit.Of(e).Telling(told...))
	if err == nil && !touched {
		err = fault.New(fault.CodeNothingPending)
	}
	if err != nil {
		return nil, err
	}
	return codes, nil
}
