package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/message"
	"github.com/sallyport/sallyport/internal/message/devinbox"
	"github.com/sallyport/sallyport/internal/message/smswebhook"
	"github.com/sallyport/sallyport/internal/message/smtp"
	"github.com/sallyport/sallyport/internal/message/twilio"
)

// Renderer returns the words of messages under these settings, the operator's
// templates first. Its error names everything that is wrong with them.
func Renderer(cfg config.Config, c clock.Clock) (*message.Renderer, error) {
	wording := message.Wording{AppName: cfg.App.Name, PublicURL: cfg.App.PublicURL, Locale: cfg.App.Locale, Clock: c}
	if dir := cfg.SMTP.TemplatesDir; dir != "" {
		wording.Overrides = os.DirFS(dir)
	}
	r, err := message.NewRenderer(wording)
	if err != nil {
		return nil, fmt.Errorf("TEMPLATES_DIR: %w", err)
	}
	return r, nil
}

// openMessages chooses the carriers.
func (a *App) openMessages(terminal io.Writer) func(context.Context) error {
	return func(context.Context) error {
		renderer, err := Renderer(a.cfg, a.clock)
		if err != nil {
			return err
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
		if err := a.metrics.Register(outboxGauge{a.Store.OutboxCounts, a.clock}); err != nil {
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

// twilioSender also takes Twilio's reports. Twilio refuses to report to an
// address of this machine, so a local run asks for none, but from a stand-in.
func (a *App) twilioSender() (*twilio.Sender, error) {
	t, statusURL := a.cfg.Twilio, ""
	if !a.cfg.Local() || t.BaseURL != config.TwilioAPI {
		statusURL = a.cfg.App.PublicURL + httpapi.TwilioReports
	}
	s, err := twilio.New(twilio.Settings{
		AccountSID: t.AccountSID, AuthToken: t.AuthToken.Reveal(), PhoneNumber: t.PhoneNumber,
		MessagingServiceSID: t.MessagingServiceSID, BaseURL: t.BaseURL, StatusURL: statusURL, Clock: a.clock,
	})
	if err != nil || statusURL == "" {
		return s, err
	}
	counted := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sallyport_sms_reports_total", Help: "Reports of the SMS carrier, by status.",
	}, []string{"status"})
	a.reports = twilioReports{s, a.Store, counted}
	return s, a.metrics.Register(counted)
}

// twilioReports reads reports with the sender's secret and keeps them with their
// messages.
type twilioReports struct {
	sender  *twilio.Sender
	book    message.DeliveryBook
	counted *prometheus.CounterVec
}

func (r twilioReports) Report(req *http.Request) (message.Delivery, error) {
	return r.sender.Report(req)
}

func (r twilioReports) RecordDelivery(ctx context.Context, d message.Delivery) (message.Entry, error) {
	r.counted.WithLabelValues(string(d.Status)).Inc()
	return r.book.RecordDelivery(ctx, d)
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
