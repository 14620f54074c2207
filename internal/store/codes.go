package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/challenge"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/store/queries"
	"github.com/sallyport/sallyport/internal/toll"
)

// IssueCode stores a challenge in place of the user's older ones of its kind and
// queues the code, with the pending enrolment it is to confirm where there is
// one. What costs money is judged first, under the one lock of all SMS codes, so
// that two nodes never count past each other. A refusal leaves nothing behind
// but, where the breaker trips, the breaker and its alarm.
func (s *Store) IssueCode(ctx context.Context, i challenge.Issue) (v toll.Verdict, err error) {
	err = s.writeFor(ctx, i.Challenge.UserID, func(q *queries.Queries) error {
		if i.Send != nil {
			if v, err = s.charge(ctx, q, i); err != nil || v.Reason != toll.Allowed && !v.Trip {
				return unchanged(err)
			}
			if v.Trip {
				return s.leave(ctx, q, i.Alarm)
			}
		}
		if i.Pending != nil {
			if err := s.beginEnrolment(ctx, q, *i.Pending); err != nil {
				return err
			}
		}
		if err := replaceOneTime(ctx, q, i.Challenge); err != nil {
			return err
		}
		// A killed code that still waits for its carrier is not worth sending.
		for _, m := range i.Trail.Messages {
			if err := q.SupersedeCodes(ctx, queries.SupersedeCodesParams{
				Now: clock.Micros(i.Challenge.CreatedAt), UserID: i.Challenge.UserID, Channel: string(m.Channel),
			}); err != nil {
				return err
			}
		}
		return s.leave(ctx, q, i.Trail)
	})
	return v, err
}

// charge judges a send and enters it, or trips the breaker.
func (s *Store) charge(ctx context.Context, q *queries.Queries, i challenge.Issue) (toll.Verdict, error) {
	until, err := q.EnterGate(ctx)
	if err != nil {
		return toll.Verdict{}, err
	}
	v, err := i.Budget.Judge(ctx, sendBook{q, clock.FromMicros(until)}, *i.Send)
	switch {
	case err != nil:
		return v, err
	case v.Trip:
		return v, q.TripBreaker(ctx, clock.Micros(v.BreakerUntil))
	case v.Reason != toll.Allowed:
		return v, nil
	}
	return v, q.InsertSend(ctx, queries.InsertSendParams{
		ID: i.Send.ID, Number: i.Send.Number, Country: i.Send.Country, UserID: i.Send.UserID,
		IpPrefix: i.Send.IPPrefix, SentAt: clock.Micros(i.Send.At),
	})
}

// SMSBreakerUntil returns until when the breaker of SMS codes is open; the zero
// time where it never opened.
func (s *Store) SMSBreakerUntil(ctx context.Context) (time.Time, error) {
	until, err := s.read().SMSBreakerUntil(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return clock.FromMicros(until), err
}

// SpendCode spends a challenge whose right answer was given, and kills whatever
// else of its kind the user has. touched is false when it was spent before.
func (s *Store) SpendCode(ctx context.Context, c challenge.Spending) (touched bool, err error) {
	tok, at := c.Challenge, clock.Micros(c.At)
	err = s.writeFor(ctx, tok.UserID, func(q *queries.Queries) error {
		if touched, err = claim(ctx, q, tok.Kind, tok.Hash, c.At); err != nil || !touched {
			return unchanged(err)
		}
		if err := killOneTime(ctx, q, tok.UserID, c.At, tok.Kind); err != nil {
			return err
		}
		if tok.Kind == onetime.SMSChallenge {
			if err := q.MarkSendTyped(ctx, queries.MarkSendTypedParams{Now: at, ID: challenge.SendID(tok.Hash)}); err != nil {
				return err
			}
		}
		return q.TouchMFA(ctx, queries.TouchMFAParams{Now: at, ID: c.Enrolment})
	})
	return touched, err
}

// OneTimesOfUser returns the user's live tokens of that kind, newest first.
func (s *Store) OneTimesOfUser(ctx context.Context, kind onetime.Kind, userID string, now time.Time) ([]onetime.Token, error) {
	rows, err := s.read().OneTimesOfUser(ctx, queries.OneTimesOfUserParams{UserID: userID, Kind: string(kind), Now: clock.Micros(now)})
	if err != nil {
		return nil, err
	}
	out := make([]onetime.Token, 0, len(rows))
	for _, r := range rows {
		out = append(out, oneTimeOf(r))
	}
	return out, nil
}

// sendBook is the record of past sends inside a transaction that holds the gate.
type sendBook struct {
	q            *queries.Queries
	breakerUntil time.Time
}

func (b sendBook) BreakerUntil(context.Context) (time.Time, error) { return b.breakerUntil, nil }

func (b sendBook) Nth(ctx context.Context, by toll.Key, s toll.Send, n int, since time.Time) (time.Time, error) {
	after, skip := clock.Micros(since), int64(n-1)
	var at []int64
	var err error
	switch by {
	case toll.ByNumber:
		at, err = b.q.NthSendByNumber(ctx, queries.NthSendByNumberParams{Number: s.Number, Since: after, Skip: skip})
	case toll.ByUser:
		at, err = b.q.NthSendByUser(ctx, queries.NthSendByUserParams{UserID: s.UserID, Since: after, Skip: skip})
	case toll.ByIP:
		at, err = b.q.NthSendByIP(ctx, queries.NthSendByIPParams{IpPrefix: s.IPPrefix, Since: after, Skip: skip})
	case toll.ByAll:
		at, err = b.q.NthSend(ctx, queries.NthSendParams{Since: after, Skip: skip})
	}
	if err != nil || len(at) == 0 {
		return time.Time{}, err
	}
	return clock.FromMicros(at[0]), nil
}

func (b sendBook) Countries(ctx context.Context, ipPrefix string, since time.Time) ([]string, error) {
	return b.q.SendCountriesOfIP(ctx, queries.SendCountriesOfIPParams{IpPrefix: ipPrefix, Since: clock.Micros(since)})
}

func (b sendBook) Numbers(ctx context.Context, low, high int64, since, until time.Time) (sent, typed int, err error) {
	p := queries.CountSendNumbersParams{Low: low, High: high, Since: clock.Micros(since), Until: clock.Micros(until)}
	all, err := b.q.CountSendNumbers(ctx, p)
	if err != nil {
		return 0, 0, err
	}
	answered, err := b.q.CountTypedNumbers(ctx, queries.CountTypedNumbersParams(p))
	return int(all), int(answered), err
}

// beginEnrolment stores a pending factor in place of an older pending one of its
// method.
func (s *Store) beginEnrolment(ctx context.Context, q *queries.Queries, e factor.Enrolment) error {
	var sealed []byte
	if len(e.Secret) > 0 {
		sealed = s.seal.Seal(e.Secret, "user_mfa", e.ID+"/"+e.UserID, "secret")
	}
	if _, err := q.DeletePendingMFA(ctx, queries.DeletePendingMFAParams{UserID: e.UserID, Method: string(e.Method)}); err != nil {
		return err
	}
	return q.InsertMFA(ctx, queries.InsertMFAParams{
		ID: e.ID, UserID: e.UserID, Method: string(e.Method), Name: e.Name, Secret: sealed, Phone: e.Phone, Email: e.Email,
		Enabled: e.Enabled, ExpiresAt: clock.Micros(e.ExpiresAt), CreatedAt: clock.Micros(e.CreatedAt),
	})
}
