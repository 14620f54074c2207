package app

import (
	"context"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/statistics"
	"github.com/sallyport/sallyport/internal/token"
)

// administration shows administrators the server.
type administration struct {
	a *App
	// verifying lets one walk over the audit log at a time.
	verifying *sync.Mutex
}

func (s administration) Settings() []httpapi.SettingGroup {
	var out []httpapi.SettingGroup
	for _, g := range s.a.cfg.Settings() {
		group := httpapi.SettingGroup{Title: g.Title, Settings: []httpapi.Setting{}}
		for _, v := range g.Settings {
			group.Settings = append(group.Settings, httpapi.Setting{Name: v.Name, Value: v.Value, Source: string(v.Source), Secret: v.Secret, Help: v.Help})
		}
		out = append(out, group)
	}
	return out
}

func (s administration) SigningKeys(ctx context.Context) ([]token.Key, error) {
	return s.a.Store.SigningKeys(ctx)
}

func (s administration) RotateKeys(ctx context.Context, by account.Actor) error {
	return s.a.RotateKeys(ctx, by)
}

func (s administration) Statistics(ctx context.Context, from, to time.Time, step time.Duration) ([]statistics.Point, error) {
	samples, err := s.a.Store.Samples(ctx, from)
	if err != nil {
		return nil, err
	}
	return statistics.Series(samples, from, to, step)
}

func (s administration) OutboxCounts(ctx context.Context) (message.Counts, error) {
	return s.a.Store.OutboxCounts(ctx, s.a.clock())
}

func (s administration) Messages(ctx context.Context, in message.State, before string, limit int) ([]message.Entry, error) {
	return s.a.Store.ListMessages(ctx, in, before, limit)
}

// RetryMessage is in the audit log before it is done: no message is touched
// unnoticed.
func (s administration) RetryMessage(ctx context.Context, id string, by account.Actor) error {
	if err := s.tell(ctx, audit.MessageRetried, by, map[string]string{"message": id}); err != nil {
		return err
	}
	defer s.a.outbox.Nudge()
	return s.a.Store.RetryMessage(ctx, id, s.a.clock())
}

// DropMessage is in the audit log before it is done.
func (s administration) DropMessage(ctx context.Context, id string, by account.Actor) error {
	if err := s.tell(ctx, audit.MessageDropped, by, map[string]string{"message": id}); err != nil {
		return err
	}
	return s.a.Store.DropMessage(ctx, id, s.a.clock())
}

func (s administration) FindAudit(ctx context.Context, f audit.Filter, limit int) ([]audit.Record, error) {
	return s.a.Store.FindAudit(ctx, f, limit)
}

func (s administration) SealedAudit(ctx context.Context, after int64, limit int) ([]audit.Record, error) {
	return s.a.Store.SealedAudit(ctx, after, limit)
}

// VerifyAudit walks the chain; a second walk at the same time is
// fault.CodeBusy.
func (s administration) VerifyAudit(ctx context.Context) (audit.Verdict, error) {
	if !s.verifying.TryLock() {
		return audit.Verdict{}, fault.New(fault.CodeBusy).WithDetail("The audit log is being verified already.")
	}
	defer s.verifying.Unlock()
	return s.a.Chain.Verify(ctx, s.a.Store)
}

func (s administration) TellAudit(ctx context.Context, by account.Actor) error {
	return s.tell(ctx, audit.AuditRead, by, nil)
}

func (s administration) tell(ctx context.Context, name audit.Name, by account.Actor, details map[string]string) error {
	e := by.Mark(audit.New(ctx, s.a.clock(), name, audit.Success, ""))
	e.Details = details
	return s.a.Store.Record(ctx, audit.Of(e))
}
