package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/factor/totp"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/token"
)

// Times of the jobs.
const (
	keyPoll    = time.Minute // how often signing keys are read again
	sweepEvery = 10 * time.Minute
	keepSpent  = 24 * time.Hour // how long spent and expired rows stay for inquiries
)

// jobs are what runs beside the requests; each ends with its context.
func (a *App) jobs() []func(context.Context) {
	return []func(context.Context){
		a.logged("outbox", a.outbox.Run),
		a.logged("gateway", a.gateway.Run),
		a.logged("gateway events", a.gateway.Follow),
		a.feed.Run,
		a.profiles.Run,
		a.sealer().Run,
		a.recorder.run,
		func(ctx context.Context) {
			every(ctx, keyPoll, func(ctx context.Context) { a.report(ctx, "signing keys", a.TurnKeys(ctx)) })
		},
		func(ctx context.Context) {
			every(ctx, sampleEvery, func(ctx context.Context) { a.report(ctx, "samples", a.Sample(ctx)) })
		},
		func(ctx context.Context) {
			every(ctx, sweepEvery, func(ctx context.Context) { a.report(ctx, "sweep", a.Sweep(ctx)) })
		},
	}
}

func (a *App) sealer() audit.Sealer {
	return audit.Sealer{Store: a.Store, Chain: a.Chain, Log: a.log, Sealed: a.events.count}
}

// SealAudit takes every row of the audit log that waits into the chain, as the
// running server does by itself.
func (a *App) SealAudit(ctx context.Context) error { return a.sealer().Seal(ctx) }

// Sweep removes what nothing needs any more: spent and expired rows, and the
// rows of the audit log that are older than AUDIT_RETENTION. The running server
// does it by itself.
func (a *App) Sweep(ctx context.Context) error {
	now := a.clock()
	_, err := a.Store.Sweep(ctx, now, a.cfg.Session.RefreshGrace, keepSpent)
	if keep := a.cfg.Audit.Retention; keep > 0 {
		_, trimmed := a.Store.TrimAudit(ctx, now.Add(-keep), now, a.Chain.Sign)
		err = errors.Join(err, trimmed)
	}
	return err
}

func (a *App) logged(name string, run func(context.Context) error) func(context.Context) {
	return func(ctx context.Context) { a.report(ctx, name, run(ctx)) }
}

func (a *App) report(ctx context.Context, job string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		a.log.ErrorContext(ctx, "a job failed", "job", job, "error", err)
	}
}

// schedule is when signing keys change.
func (a *App) schedule() token.Schedule {
	s := token.DefaultSchedule()
	s.Alg, s.CacheTTL, s.Poll = string(a.cfg.Token.Alg), a.cfg.Token.JWKSCache, keyPoll
	return s
}

// TurnKeys takes the next step of key rotation, if one is due, and reads the
// keys. The running server does it every minute.
func (a *App) TurnKeys(ctx context.Context) error {
	return a.rotate(ctx, account.Operator(), token.Rotate)
}

// RotateKeys makes a successor of the present signing key ahead of its time; it
// signs once every backend has had the time to read it.
func (a *App) RotateKeys(ctx context.Context, by account.Actor) error {
	return a.rotate(ctx, by, token.RotateEarly)
}

func (a *App) rotate(ctx context.Context, by account.Actor, decide func([]token.Key, time.Time, token.Schedule) (token.Rotation, error)) error {
	keys, err := a.Store.SigningKeys(ctx)
	if err != nil {
		return err
	}
	r, err := decide(keys, a.clock(), a.schedule())
	if err != nil {
		return err
	}
	if r.New != nil || len(r.Retire) > 0 { // what is to be deleted, Sweep deletes
		e := by.Mark(audit.New(ctx, a.clock(), audit.SystemKeyRotated, audit.Success, ""))
		if err := a.Store.ApplyRotation(ctx, r, audit.Of(e)); err != nil {
			return err
		}
	}
	return a.loadKeys(ctx)
}

// Reseal seals everything anew under the first value of SECRET_KEY (OP-03).
func (a *App) Reseal(ctx context.Context, by account.Actor) (store.Resealed, error) {
	e := by.Mark(audit.New(ctx, a.clock(), audit.SystemKeyRotated, audit.Success, ""))
	e.Reason = "resealed"
	return a.Store.Reseal(ctx, audit.Of(e))
}

// Restored makes a database that was restored from a copy safe to serve (BC-03).
func (a *App) Restored(ctx context.Context, by account.Actor) (store.Restored, error) {
	now := a.clock()
	e := by.Mark(audit.New(ctx, now, audit.SystemRestored, audit.Success, ""))
	return a.Store.Restored(ctx, now, totp.StepAt(now), audit.Of(e))
}

func (a *App) loadKeys(ctx context.Context) error {
	keys, err := a.Store.SigningKeys(ctx)
	if err == nil {
		a.keys.Replace(keys)
	}
	return err
}

// servers starts answering; a server that stops by itself reports to failed.
func (a *App) servers(ln net.Listener, failed chan<- error) ([]*http.Server, error) {
	main := httpapi.NewServer(a.handler, a.log)
	serve := func(s *http.Server, ln net.Listener) {
		go func() {
			if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
	}
	serve(main, ln)
	if a.cfg.HTTP.MetricsAddr == "" {
		return []*http.Server{main}, nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", httpapi.MetricsHandler(a.metrics))
	if a.cfg.HTTP.Pprof {
		profiles(mux)
	}
	metrics := httpapi.NewServer(mux, a.log)
	mln, err := net.Listen("tcp", a.cfg.HTTP.MetricsAddr)
	if err != nil {
		return []*http.Server{main}, fmt.Errorf("listening on METRICS_ADDR: %w", err)
	}
	serve(metrics, mln)
	return []*http.Server{main, metrics}, nil
}

// ReadRevocations reads every live revocation. The running server follows them
// by itself.
func (a *App) ReadRevocations(ctx context.Context) error { return a.feed.Load(ctx) }
