package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/store/queries"
)

// Record writes a trail that belongs to no other change: a failed sign-in, a
// refused request. It is written even when the request has gone away: hanging up
// hides nothing (AU-06).
func (s *Store) Record(ctx context.Context, t audit.Trail) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), countingLimit)
	defer cancel()
	return s.write(ctx, func(q *queries.Queries) error { return s.leave(ctx, q, t) })
}

// leave writes a trail inside the change's transaction (AU-06): if it cannot be
// written, neither is the change.
func (s *Store) leave(ctx context.Context, q *queries.Queries, t audit.Trail) error {
	for _, e := range t.Events {
		if err := insertEvent(ctx, q, e); err != nil {
			return fmt.Errorf("store: writing the audit row: %w", err)
		}
	}
	if len(t.Messages) > 0 && len(t.Events) == 0 {
		return errors.New("store: a message without the event that caused it")
	}
	for _, m := range t.Messages {
		if err := s.enqueue(ctx, q, m, t.Events[0].At); err != nil {
			return fmt.Errorf("store: queueing the message: %w", err)
		}
	}
	return nil
}

func insertEvent(ctx context.Context, q *queries.Queries, e audit.Event) error {
	e = e.Clean()
	details := "{}"
	if len(e.Details) > 0 {
		b, err := json.Marshal(e.Details)
		if err != nil {
			return err
		}
		details = string(b)
	}
	return q.InsertAudit(ctx, queries.InsertAuditParams{
		ID: e.ID, At: clock.Micros(e.At), Name: string(e.Name), Result: string(e.Result), Reason: e.Reason,
		ActorID: e.ActorID, ActorKind: e.ActorKind, TargetID: e.TargetID, SessionID: e.SessionID, Factor: e.Factor,
		ClientIp: e.Origin.ClientIP, IpPrefix: e.Origin.Prefix, RequestID: e.Origin.RequestID,
		UserAgent: e.Origin.UserAgent, Details: details,
	})
}

// letter is what the outbox seals: everything that says who gets what.
type letter struct {
	To     string            `json:"to"`
	Locale string            `json:"locale,omitempty"`
	Data   map[string]string `json:"data,omitempty"`
	Link   string            `json:"link,omitempty"`
	Token  string            `json:"token,omitempty"`
	Code   string            `json:"code,omitempty"`
}

func (s *Store) enqueue(ctx context.Context, q *queries.Queries, m message.Outgoing, at time.Time) error {
	plain, err := json.Marshal(letter{m.To, m.Locale, m.Data, m.Link, m.Token, m.Code})
	if err != nil {
		return err
	}
	return q.InsertMessage(ctx, queries.InsertMessageParams{
		ID: m.ID, Channel: string(m.Channel), Kind: string(m.Kind), UserID: m.UserID,
		Content:  s.seal.Seal(plain, "outbox", m.ID, "content"),
		QueuedAt: clock.Micros(at), ExpiresAt: clock.Micros(m.ExpiresAt),
	})
}
