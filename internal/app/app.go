package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/enrolment"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/devinbox"
	"github.com/sallyport/sallyport/internal/provider"
	"github.com/sallyport/sallyport/internal/seal"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/token"
)

// Options are what a run brings besides its settings.
type Options struct {
	Version string
	// Terminal is where the dev inbox prints; nil: nowhere.
	Terminal io.Writer
	Log      *slog.Logger // nil: discarded
	Clock    clock.Clock  // nil: the system's
}

// App is the whole program. Open builds it, Serve runs it, Close ends it.
type App struct {
	cfg     config.Config
	log     *slog.Logger
	clock   clock.Clock
	version string
	node    string // changes with every start

	Store     *store.Store
	Accounts  *account.Service
	Sessions  *session.Service
	SignIn    *signin.Service
	Enrolment *enrolment.Service
	Providers *provider.Host
	Chain     audit.Chain

	keyring     *seal.Keyring
	keys        *token.Keys
	verifier    *token.Verifier
	revocations *session.Revocations
	feed        *session.Feed
	bus         bus.Bus
	places      limit.Places // nil: this is the only node
	limiter     limit.Limiter
	profiles    *account.Profiles
	gateway     *gateway.Gateway
	outbox      *message.Worker
	inbox       *devinbox.Inbox
	reports     httpapi.Reports // nil where no SMS carrier reports
	recorder    *recorder
	events      eventCount
	sampler     *sampler
	metrics     *prometheus.Registry
	routes      []httpapi.Route
	handler     http.Handler
	closers     []func() error
}

// Open builds the program. It opens the database and, where the settings say so,
// migrates it; it listens nowhere yet.
func Open(ctx context.Context, cfg config.Config, o Options) (_ *App, err error) {
	a := &App{cfg: cfg, log: o.Log, clock: o.Clock, version: o.Version, metrics: prometheus.NewRegistry(), events: newEventCount()}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.clock == nil {
		a.clock = clock.System
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	// Short, so that a connection and its node together stay within the 64 bytes up to
	// which Redis packs a small set tightly: a place costs 0.7 KiB there instead of 3.2.
	a.node = rand.Text()
	a.sampler = &sampler{metrics: a.metrics, node: a.node}
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), a.events)
	for _, step := range []func(context.Context) error{
		a.openStore, a.openNeighbours, a.openMessages(o.Terminal), a.openTokens, a.openRooms, a.openProviders, a.openGateway, a.openHTTP,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *App) openStore(ctx context.Context) error {
	secrets := make([]string, 0, len(a.cfg.Secrets.Keys))
	for _, k := range a.cfg.Secrets.Keys {
		secrets = append(secrets, k.Reveal())
	}
	var err error
	if a.keyring, err = seal.NewKeyring(secrets); err != nil {
		return err
	}
	a.Chain = audit.NewChain(a.keyring)
	if a.Store, err = store.Open(ctx, a.cfg.Database.URL.Reveal(), a.keyring, store.Options{MaxConns: a.cfg.Database.MaxConns, Changed: a.changed}); err != nil {
		return err
	}
	a.closers = append(a.closers, a.Store.Close)
	if err := a.metrics.Register(poolGauge{a.Store}); err != nil {
		return err
	}
	if !a.cfg.Database.AutoMigrate {
		return nil
	}
	done, err := a.Store.MigrateUp(ctx)
	if err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	if len(done) > 0 {
		a.log.InfoContext(ctx, "database migrated", "steps", len(done))
	}
	return nil
}

// changed tells who shows profiles whose row of users was changed.
func (a *App) changed(userIDs ...string) {
	if a.profiles != nil {
		a.profiles.Changed(userIDs...)
	}
}

// CheckTables returns an error while a migration is missing, which a run with
// AUTO_MIGRATE=false must not start on.
func (a *App) CheckTables(ctx context.Context) error {
	all, err := a.Store.Migrations(ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.AppliedAt.IsZero() {
			return fmt.Errorf("the database lacks %s: run `sallyport migrate up`, or set AUTO_MIGRATE=true", m.Name)
		}
	}
	return nil
}

// Close ends what Open opened. It is safe to call twice.
func (a *App) Close() error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}

// Handler serves the whole API, for tests that bring their own listener.
func (a *App) Handler() http.Handler { return a.handler }

// Gatherer gives the metrics of METRICS_ADDR.
func (a *App) Gatherer() prometheus.Gatherer { return a.metrics }

// Routes returns the table of contents of the API, as it is served.
func (a *App) Routes() []httpapi.Route { return a.routes }

// PublicURL is the address people open.
func (a *App) PublicURL() string { return a.cfg.App.PublicURL }

// SetupLink makes the one-time link for the first administrator; "" when there
// is one (PW-13).
func (a *App) SetupLink(ctx context.Context) (string, error) { return a.Accounts.SetupLink(ctx) }

// Serve answers on LISTEN_ADDR and METRICS_ADDR until ctx ends, then drains:
// sockets are told to come back, requests under way finish, queues are written.
// ready is called once the program answers; nil: nobody.
func (a *App) Serve(ctx context.Context, ready func(addr net.Addr)) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", a.cfg.HTTP.ListenAddr)
	if err != nil {
		return fmt.Errorf("listening on LISTEN_ADDR: %w", err)
	}
	return a.ServeOn(ctx, ln, ready)
}

// ServeOn is Serve with a listener of the caller's.
func (a *App) ServeOn(ctx context.Context, ln net.Listener, ready func(addr net.Addr)) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if err := a.Prepare(ctx); err != nil {
		return errors.Join(err, ln.Close())
	}
	var jobs sync.WaitGroup
	for _, job := range a.jobs() {
		jobs.Go(func() { job(work) })
	}
	failed := make(chan error, 2)
	servers, err := a.servers(ln, failed)
	if err == nil {
		if ready != nil {
			ready(ln.Addr())
		}
		debug.FreeOSMemory() // what only the start needed
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.HTTP.ShutdownTimeout)
	defer cancel()
	err = errors.Join(err, a.gateway.Drain(limited))
	for _, s := range servers {
		err = errors.Join(err, s.Shutdown(limited))
	}
	stop()
	jobs.Wait()
	return err
}

// Prepare does what must be done before the first request: it makes a signing
// key where there is none and reads what was revoked. Serve does it by itself.
func (a *App) Prepare(ctx context.Context) error {
	if err := a.TurnKeys(ctx); err != nil {
		return fmt.Errorf("preparing the signing keys: %w", err)
	}
	if err := a.ReadRevocations(ctx); err != nil {
		return fmt.Errorf("reading the revocations: %w", err)
	}
	if err := a.profiles.Sweep(ctx); err != nil {
		return fmt.Errorf("looking for changed users: %w", err)
	}
	e := audit.New(ctx, a.clock(), audit.SystemStartup, audit.Success, "")
	e.ActorKind, e.Details = "system", map[string]string{"version": a.version}
	return a.Store.Record(ctx, audit.Of(e))
}

// every runs f now and then until ctx ends.
func every(ctx context.Context, d time.Duration, f func(context.Context)) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f(ctx)
		}
	}
}
