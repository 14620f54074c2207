package app

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	busmemory "github.com/sallyport/sallyport/internal/bus/memory"
	busredis "github.com/sallyport/sallyport/internal/bus/redis"
	"github.com/sallyport/sallyport/internal/limit"
	limitmemory "github.com/sallyport/sallyport/internal/limit/memory"
	limitredis "github.com/sallyport/sallyport/internal/limit/redis"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/devinbox"
	"github.com/sallyport/sallyport/internal/message/smswebhook"
	"github.com/sallyport/sallyport/internal/message/smtp"
	"github.com/sallyport/sallyport/internal/message/twilio"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/token"
)

// limitKeys bounds the limiter's memory (RL-12).
const limitKeys = 1_000_000

// openNeighbours chooses between one node on its own and many with Redis.
func (a *App) openNeighbours(ctx context.Context) error {
	local := limitmemory.New(a.clock, limitKeys)
	var shared limit.Limiter = local
	a.bus = busmemory.New(0)
	a.limiterDown = func() bool { return false }
	if !a.cfg.Redis.URL.Empty() {
		client, err := busredis.Dial(a.cfg.Redis.URL.Reveal())
		if err != nil {
			return fmt.Errorf("REDIS_URL: %w", err)
		}
		a.closers = append(a.closers, func() error { client.Close(); return nil })
		shared = a.sharedLimiter(ctx, client, local)
		a.bus = busredis.New(client, "sallyport:bus:", 0)
	}
	taken := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sallyport_limit_taken_total", Help: "Calls counted by a rate limit, by rule and whether they passed.",
	}, []string{"rule", "allowed"})
	if err := a.metrics.Register(taken); err != nil {
		return err
	}
	a.limiter = limit.Observed(shared, func(rule string, allowed bool) {
		taken.WithLabelValues(rule, fmt.Sprint(allowed)).Inc()
	})
	return nil
}

// assumedNodes is how many nodes share the limits while Redis, which would know,
// is away: each allows half, so two nodes together allow what one did.
const assumedNodes = 2

func (a *App) sharedLimiter(ctx context.Context, client rueidis.Client, local limit.Limiter) limit.Limiter {
	f := limit.NewFallback(limitredis.New(client, "sallyport:limit:"), local, a.clock, func() int { return assumedNodes }, func(down bool) {
		a.log.WarnContext(ctx, "the shared limiter changed", "local_only", down)
	})
	a.limiterDown = f.Down
	return f
}

// openMessages chooses the carriers.
func (a *App) openMessages(terminal io.Writer) func(context.Context) error {
	return func(context.Context) error {
		wording := message.Wording{AppName: a.cfg.App.Name, PublicURL: a.cfg.App.PublicURL, Locale: a.cfg.App.Locale, Clock: a.clock}
		if dir := a.cfg.SMTP.TemplatesDir; dir != "" {
			wording.Overrides = os.DirFS(dir)
		}
		renderer, err := message.NewRenderer(wording)
		if err != nil {
			return fmt.Errorf("TEMPLATES_DIR: %w", err)
		}
		senders, err := a.senders(terminal)
		if err != nil {
			return err
		}
		outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sallyport_messages_total", Help: "Messages handed to a carrier, by channel, kind and result.",
		}, []string{"channel", "kind", "result"})
		if err := a.metrics.Register(outcomes); err != nil {
			return err
		}
		a.outbox = message.NewWorker(message.Parts{
			Store: a.Store, Renderer: renderer, Senders: senders, Clock: a.clock, Log: a.log,
			Observe: func(o message.Outcome) {
				outcomes.WithLabelValues(string(o.Channel), string(o.Kind), o.Result).Inc()
			},
		})
		return nil
	}
}

// senders chooses a carrier for each channel; what has none goes to the dev
// inbox in a local run, and nowhere in any other.
func (a *App) senders(terminal io.Writer) (map[message.Channel]message.Sender, error) {
	out := map[message.Channel]message.Sender{}
	if a.cfg.DevInbox() {
		if terminal == nil {
			terminal = io.Discard
		}
		a.inbox = devinbox.New(terminal, a.clock)
		out[message.Email], out[message.SMS] = a.inbox, a.inbox
	}
	if m := a.cfg.SMTP; m.Server != "" {
		s, err := smtp.New(smtp.Settings{
			Host: m.Server, Port: m.Port, TLS: smtp.Protection(m.TLS), Username: m.Username, Password: m.Password.Reveal(),
			From: m.From, Clock: a.clock,
		})
		if err != nil {
			return nil, err
		}
		out[message.Email] = s
	}
	var err error
	switch {
	case a.cfg.Twilio.Configured():
		out[message.SMS], err = a.twilioSender()
	case a.cfg.SMS.WebhookURL != "":
		out[message.SMS], err = a.webhookSender()
	}
	return out, err
}

func (a *App) twilioSender() (*twilio.Sender, error) {
	t := a.cfg.Twilio
	return twilio.New(twilio.Settings{
		AccountSID: t.AccountSID, AuthToken: t.AuthToken.Reveal(), PhoneNumber: t.PhoneNumber,
		MessagingServiceSID: t.MessagingServiceSID, BaseURL: t.BaseURL, Clock: a.clock,
	})
}

func (a *App) webhookSender() (*smswebhook.Sender, error) {
	var secrets []smswebhook.Secret
	for _, s := range a.cfg.SMS.WebhookSecrets {
		secret, err := smswebhook.ParseSecret(s.Reveal())
		if err != nil {
			return nil, fmt.Errorf("SMS_WEBHOOK_SECRET: %w", err)
		}
		secrets = append(secrets, secret)
	}
	return smswebhook.New(smswebhook.Settings{URL: a.cfg.SMS.WebhookURL, Secrets: secrets, Clock: a.clock})
}

// openTokens builds the keys, the signer's other half and the set of
// revocations.
func (a *App) openTokens(context.Context) error {
	a.keys, a.revocations = &token.Keys{}, session.NewRevocations()
	a.feed = &session.Feed{Set: a.revocations, Log: a.Store, Bus: a.bus, Clock: a.clock, Slog: a.log}
	var err error
	a.verifier, err = token.NewVerifier(token.VerifierOptions{
		Keys: a.keys, Issuer: a.cfg.App.PublicURL, Audience: a.cfg.Token.Audience, Clock: a.clock,
		Revocations: a.revocations, Refresh: a.loadKeys,
	})
	return err
}
