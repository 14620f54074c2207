package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/message"
)

var (
	outboxDesc = prometheus.NewDesc("sallyport_outbox_messages", "Messages in the outbox, by state, up to 10000 each; of those that are done, the ones still kept.", []string{"state"}, nil)
	oldestDesc = prometheus.NewDesc("sallyport_outbox_oldest_seconds", "How long the oldest message that waits to be sent has been due; 0 while none is.", nil, nil)
)

// outboxGauge counts the outbox when it is asked. Every node answers the same:
// the table is shared.
type outboxGauge struct {
	counts func(ctx context.Context, now time.Time) (message.Counts, error)
	clock  clock.Clock
}

func (g outboxGauge) Describe(ch chan<- *prometheus.Desc) { ch <- outboxDesc; ch <- oldestDesc }

// scrapeLimit bounds the query of one scrape.
const scrapeLimit = 2 * time.Second

func (g outboxGauge) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
	defer cancel()
	now := g.clock()
	c, err := g.counts(ctx, now)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(outboxDesc, err)
		return
	}
	for state, n := range map[message.State]int{
		message.StateQueued: c.Queued, message.StateSent: c.Sent, message.StateDead: c.Dead, message.StateExpired: c.Expired,
	} {
		ch <- prometheus.MustNewConstMetric(outboxDesc, prometheus.GaugeValue, float64(n), string(state))
	}
	oldest := time.Duration(0)
	if !c.OldestDue.IsZero() {
		oldest = max(0, now.Sub(c.OldestDue))
	}
	ch <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, oldest.Seconds())
}
