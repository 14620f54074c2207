package app

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/netaddr"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/token"
	"github.com/sallyport/sallyport/web"
)

func (a *App) rate(name string, r config.Rate) limit.Rule {
	return limit.Rule{Name: name, N: r.N, Per: r.Per}
}

// rules are the limits counted by client address, with their figures.
func (a *App) rules() []limit.Rule {
	l := a.cfg.Limits
	return []limit.Rule{
		a.rate(httpapi.RuleAPI, l.APIIP), a.rate(httpapi.RuleLogin, l.LoginIP), a.rate(httpapi.RuleRegister, l.RegisterIP),
		a.rate(httpapi.RuleForgot, l.ForgotIP), a.rate(httpapi.RuleMFA, l.MFAIP),
		a.rate(httpapi.RulePasskey, l.PasskeyIP), a.rate(httpapi.RulePublish, l.PublishIP),
		a.rate(httpapi.RulePassage, l.OAuthStartIP), a.rate(httpapi.RuleOAuth, l.OAuthIP),
	}
}

func (a *App) tickets() session.Tickets {
	return session.Tickets{Store: a.Store, Revocations: a.revocations, Clock: a.clock}
}

// openGateway builds the WebSocket room.
func (a *App) openGateway(context.Context) error {
	a.recorder = newRecorder(a.Store, a.log)
	cfg, g := gateway.Defaults(), a.cfg.Gateway
	cfg.Origins, cfg.AuthTimeout, cfg.Heartbeat, cfg.WriteTimeout = g.Origins, g.AuthTimeout, g.Heartbeat, g.WriteTimeout
	cfg.MaxPerUser, cfg.MaxPerSession, cfg.ReplaceOldest = g.MaxPerUser, g.MaxPerSession, g.WhenFull == config.FullReplace
	cfg.MaxPerIP, cfg.MaxPendingIP, cfg.MaxTotal = g.MaxPerIP, g.MaxPendingPerIP, g.MaxTotal
	cfg.MessageMaxBytes, cfg.QueueBytes = g.MessageMaxBytes, g.QueueBytes
	cfg.MessagesPerMinute, cfg.BytesPerMinute = g.MessagesPerMinute, g.BytesPerMinute
	cfg.UserMessagesPerMinute, cfg.UserBytesPerMinute = g.UserMessages, g.UserBytes
	cfg.Topics, cfg.MaxTopics, cfg.HistoryEvents, cfg.HistoryBytes = g.Topics, g.MaxTopics, g.HistoryEvents, g.HistoryBytes
	cfg.Node = a.node
	var err error
	problems := &httpapi.Problems{Log: a.log, Outage: store.IsOutage}
	a.gateway, err = gateway.New(cfg, gateway.Parts{
		Verifier: a.judge(), Tickets: a.tickets(), Limits: socketLimits{a}, Recorder: a.recorder,
		Bus: a.bus, Places: a.places, Grants: a.grants(),
		Revocations: a.revocations, Refuse: problems.Write, Clock: a.clock, Metrics: a.metrics, Log: a.log,
	})
	return err
}

func (a *App) grants() gateway.Grants { return gateway.Grants{MACs: a.keyring, Clock: a.clock} }

// socketLimits counts sockets with the rules of HTTP (WS-03).
type socketLimits struct{ a *App }

func (s socketLimits) Connect(ctx context.Context, ipKey string) error {
	return s.take(ctx, limit.Rule{Name: "ws_connect_ip", N: 120, Per: time.Minute}, ipKey)
}

func (s socketLimits) Admit(ctx context.Context, _, userID string) error {
	return s.take(ctx, limit.Rule{Name: "ws_connect_user", N: 60, Per: time.Minute}, userID)
}

// AuthFailed takes from the address's sign-in counter, as a wrong password does.
func (s socketLimits) AuthFailed(ctx context.Context, ipKey string) {
	if err := s.take(ctx, s.a.rate(httpapi.RuleLogin, s.a.cfg.Limits.LoginIP), ipKey); err != nil && fault.Of(err) != fault.CodeRateLimited {
		s.a.log.WarnContext(ctx, "a failed socket sign-in was not counted", "error", err)
	}
}

func (s socketLimits) take(ctx context.Context, r limit.Rule, key string) error {
	d, err := s.a.limiter.Take(ctx, r, key)
	if err != nil {
		return err
	}
	return d.Err()
}

// judge verifies access tokens for as long as this node knows what was revoked
// (OP-09).
func (a *App) judge() judge { return judge{a} }

type judge struct{ a *App }

// Verify returns what a good token says, or fault.CodeInvalidToken; while the
// revocations cannot be read, fault.CodeUnavailable for every token.
func (j judge) Verify(raw string) (token.Claims, error) {
	if err := j.a.feed.Current(); err != nil {
		return token.Claims{}, err
	}
	return j.a.verifier.Verify(raw)
}

// bearers tells who a credential belongs to.
type bearers struct{ a *App }

func (b bearers) Access(_ context.Context, raw string) (httpapi.Principal, error) {
	c, err := b.a.judge().Verify(raw)
	return httpapi.Principal{Claims: c, UserID: c.Subject}, err
}

func (b bearers) Attempt(ctx context.Context, raw string) (httpapi.Principal, error) {
	at, err := b.a.SignIn.Find(ctx, raw)
	return httpapi.Principal{UserID: at.UserID, Detail: at}, err
}

func (b bearers) Service(_ context.Context, key string) (httpapi.Principal, error) {
	hash, err := opaque.Hash(opaque.Service, key)
	if err != nil {
		return httpapi.Principal{}, fault.Because(fault.CodeInvalidToken, err)
	}
	for _, k := range b.a.cfg.Secrets.ServiceKeys {
		if subtle.ConstantTimeCompare(hash, k.Hash) == 1 {
			return httpapi.Principal{Detail: k.Name}, nil
		}
	}
	return httpapi.Principal{}, fault.New(fault.CodeInvalidToken)
}

// openHTTP builds the API and wraps it in what every request passes.
func (a *App) openHTTP(context.Context) error {
	api := httpapi.New(httpapi.Config{
		Outage: store.IsOutage,
		Title:  a.cfg.App.Name, Version: a.version, PublicURL: a.cfg.App.PublicURL, Log: a.log, Rules: a.rules(),
		Limiter: a.limiter, Authenticator: bearers{a}, Refused: a.refused, Pages: web.Pages(),
		StepUp: func(ctx context.Context, p httpapi.Principal, within time.Duration) error {
			_, err := a.SignIn.GuardWithin(ctx, p.UserID, p.Claims.SessionID, within)
			return err
		},
	})
	origins := append([]string{a.cfg.FrontendOrigin(), a.cfg.App.PublicURL}, a.cfg.HTTP.CORSOrigins...)
	slices.Sort(origins)
	origins = slices.Compact(origins)
	brand, err := a.brand(origins)
	if err != nil {
		return err
	}
	rooms := httpapi.Rooms{
		Brand:    brand,
		Accounts: a.Accounts, Profiles: a.profiles, SignIn: a.SignIn, Sessions: a.Sessions, Enrolment: a.Enrolment, Providers: a.Providers, Tickets: a.tickets(),
		Verifier: a.judge(), Keys: a.keys, Gateway: a.gateway, Reports: a.reports, Realtime: realtime{a.gateway, a.grants()}, Server: administration{a, new(sync.Mutex)}, Limiter: a.limiter, Clock: a.clock, Checks: a.checks(),
		RelatedOrigins: a.cfg.WebAuthn.Related, JWKSCache: int(a.cfg.Token.JWKSCache.Seconds()),
		Rates: httpapi.Rates{
			LoginIP:       a.rate(httpapi.RuleLogin, a.cfg.Limits.LoginIP),
			LoginAccount:  a.rate("login_account", a.cfg.Limits.LoginAccount),
			ForgotAccount: a.rate("forgot_account", a.cfg.Limits.ForgotAccount),
		},
	}
	if a.inbox != nil {
		rooms.Inbox = a.inbox.Handler()
	}
	rooms.Routes(api)
	a.routes = api.Routes()
	handler, err := api.Build()
	if err != nil {
		return err
	}
	resolver, err := netaddr.New(a.cfg.HTTP.TrustedProxies, a.cfg.HTTP.IPv6Prefix)
	if err != nil {
		return err
	}
	a.handler, err = httpapi.Stack{
		Log: a.log, Now: a.clock, Refuse: api.WriteProblem, Resolver: resolver, Metrics: a.metrics,
		Origins: origins, HTTPS: !a.cfg.Local(),
	}.Wrap(handler)
	return err
}

// refused writes what the frame refused into the audit log.
func (a *App) refused(ctx context.Context, route httpapi.Route, err *fault.Error) {
	name := audit.AuthzFail
	switch err.Kind() {
	case fault.TooMany:
		name = audit.RateLimitExceeded
	case fault.Forbidden:
	default:
		return
	}
	p, _ := httpapi.PrincipalOf(ctx)
	e := audit.New(ctx, a.clock(), name, audit.Failure, p.UserID)
	e.SessionID, e.Reason = p.Claims.SessionID, string(err.Code)
	e.Details = map[string]string{"route": route.Method + " " + route.Path}
	a.recorder.Record(e)
}

// checks are what the server cannot work without. Redis is not among them:
// without it the node goes on with its share of the limits and the sweep (TK-11,
// RL-11).
func (a *App) checks() []httpapi.Check {
	return []httpapi.Check{
		{Name: "database", Run: a.Store.Ping},
		{Name: "revocations", Run: func(context.Context) error { return a.feed.Current() }},
		{Name: "signing_keys", Run: func(context.Context) error {
			if _, ok := a.keys.Signer(a.clock()); !ok {
				return errors.New("no signing key is active")
			}
			return nil
		}},
	}
}
