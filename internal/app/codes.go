package app

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/challenge"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/phone"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/toll"
)

// codes makes and checks the codes of one channel.
func (a *App) codes(m proof.Method, kind onetime.Kind) challenge.Codes {
	return challenge.Codes{
		Kind: kind, Method: m, Store: a.Store, MAC: a.keyring, Clock: a.clock,
		Validity: a.cfg.MFA.CodeValidity, Nudge: a.outbox.Nudge,
	}
}

// allowMail counts a code by e-mail.
func (a *App) allowMail(ctx context.Context, userID string) error {
	d, err := a.limiter.Take(ctx, a.rate("email_code_account", a.cfg.Limits.MailAccount), userID)
	if err != nil {
		return err
	}
	return d.Err()
}

// tollBudget is what SMS codes may cost.
func (a *App) tollBudget() toll.Budget {
	c := a.cfg.SMS
	b := toll.Budget{Countries: c.Countries, Account: toll.Rate(c.Account), IP: toll.Rate(c.IP), All: toll.Rate(c.All)}
	for _, r := range c.Number {
		b.Number = append(b.Number, toll.Rate(r))
	}
	return b
}

// noticesByText is how many notices by SMS one account causes at most: they cost
// money like codes do.
var noticesByText = limit.Rule{Name: "sms_notice_account", N: 20, Per: 24 * time.Hour}

// mayText reports whether a notice may go to that number. A limiter that does not
// answer means no: the mail goes in any case.
func (a *App) mayText(ctx context.Context, userID, number string) bool {
	n, err := phone.Parse(number, "")
	if err != nil || !a.cfg.SendsSMS() || !a.tollBudget().Serves(n.Country) {
		return false
	}
	d, err := a.limiter.Take(ctx, noticesByText, userID)
	return err == nil && d.Allowed
}

// observeToll counts verdicts about SMS codes and raises the alarm of the
// breaker.
func (a *App) observeToll() func(toll.Verdict) {
	verdicts := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sallyport_sms_codes_total", Help: "SMS codes asked for, by verdict: sent, or the reason of the refusal.",
	}, []string{"verdict"})
	breaker := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sallyport_sms_breaker_open", Help: "1 while no SMS code leaves because the budget of the whole server is used up.",
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		until, err := a.Store.SMSBreakerUntil(ctx)
		switch {
		case err != nil:
			return math.NaN() // nobody knows; the database has alarms of its own
		case a.clock().Before(until):
			return 1
		}
		return 0
	})
	a.metrics.MustRegister(verdicts, breaker)
	return func(v toll.Verdict) {
		name := string(v.Reason)
		if v.Reason == toll.Allowed {
			name = "sent"
		}
		verdicts.WithLabelValues(name).Inc()
		if v.Trip {
			a.log.Error("the budget of SMS codes is used up; none leaves until the breaker closes", "until", v.BreakerUntil)
		}
		if v.Reason.Pumping() {
			a.log.Warn("an SMS code was refused for a sign of pumping", "sign", name)
		}
	}
}
