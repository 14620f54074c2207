package gateway

import (
	"errors"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the gateway's own; no label ever names a user, a session or an
// address, and every label has a fixed set of values.
type metrics struct {
	opens      prometheus.Counter
	closes     *prometheus.CounterVec
	refused    *prometheus.CounterVec
	authResult *prometheus.CounterVec
	messages   *prometheus.CounterVec
	bytesIn    prometheus.Counter
	bytesOut   prometheus.Counter
	queued     prometheus.Gauge
	limitHits  *prometheus.CounterVec
	misses     prometheus.Counter
	roundTrip  prometheus.Histogram
	revocation prometheus.Histogram

	published     *prometheus.CounterVec
	subscriptions *prometheus.CounterVec
	gaps          prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, h *hub, b *board) (*metrics, error) {
	const ns = "sallyport_ws_"
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: ns + name, Help: help}, labels)
	}
	bytes := counter("bytes_total", "Bytes of WebSocket frames written and payload read.", "direction")
	m := &metrics{
		opens:      prometheus.NewCounter(prometheus.CounterOpts{Name: ns + "opens_total", Help: "Connections that authenticated."}),
		closes:     counter("closes_total", "Connections that ended, by close code and by who ended them.", "code", "by"),
		refused:    counter("refused_total", "Upgrade requests refused, by reason.", "reason"),
		authResult: counter("auth_total", "Tokens and tickets judged, by the way they came and the result.", "method", "result"),
		messages:   counter("messages_total", "Messages, by direction and type.", "direction", "type"),
		bytesIn:    bytes.WithLabelValues("in"),
		bytesOut:   bytes.WithLabelValues("out"),
		queued:     prometheus.NewGauge(prometheus.GaugeOpts{Name: ns + "queue_bytes", Help: "Bytes waiting to be written to clients."}),
		limitHits:  counter("limit_hits_total", "Limits that refused or closed, by limit.", "limit"),
		misses:     prometheus.NewCounter(prometheus.CounterOpts{Name: ns + "heartbeat_misses_total", Help: "Pings after which nothing was heard until the next was due."}),
		roundTrip: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: ns + "heartbeat_rtt_seconds", Help: "Round trip of the server's pings.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25},
		}),
		revocation: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: ns + "revocation_seconds", Help: "From the revoking transaction to the close frame written.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 4, 5, 10},
		}),
		published:     counter("published_total", "Events that backends published through this node, by audience and whether other nodes were reached.", "audience", "result"),
		subscriptions: counter("subscriptions_total", "Requests to listen to a topic, by result.", "result"),
		gaps:          prometheus.NewCounter(prometheus.CounterOpts{Name: ns + "gaps_total", Help: "Times that events of other nodes may have been missed and all clients were told."}),
	}
	m.begin()
	return m, register(reg, m.opens, m.closes, m.refused, m.authResult, m.messages, bytes, m.queued, m.limitHits,
		m.misses, m.roundTrip, m.revocation, m.published, m.subscriptions, m.gaps, connectionGauge{h}, listenerGauge{b}, capacityGauge(h.cfg))
}

// The values of the labels. A series that exists from the start shows its first
// count as a rise.
var (
	limits      = []string{"connect_rate", "full", "user_full", "message_size", "connection_messages", "user_messages", "queue", "topics"}
	refusals    = []string{"request", "origin", "credential", "connect_rate", "full", "user_full", "hijack"}
	methods     = []string{"header", "subprotocol", "ticket", "first_frame", "renewal"}
	authResults = []string{"ok", "failed", "error"}
)

func (m *metrics) begin() {
	for _, c := range CloseCodes() {
		m.closes.WithLabelValues(strconv.Itoa(int(c.Code)), string(byServer))
	}
	m.closes.WithLabelValues(strconv.Itoa(int(closeLost.Code)), string(byNetwork))
	for _, l := range limits {
		m.limitHits.WithLabelValues(l)
	}
	for _, r := range refusals {
		m.refused.WithLabelValues(r)
	}
	for _, result := range []string{"ok", "refused"} {
		m.subscriptions.WithLabelValues(result)
	}
	for _, audience := range []string{"user", "session", "topic"} {
		for _, result := range []string{"ok", "local"} {
			m.published.WithLabelValues(audience, result)
		}
	}
	for _, way := range methods {
		for _, result := range authResults {
			m.authResult.WithLabelValues(way, result)
		}
	}
}

func register(reg prometheus.Registerer, all ...prometheus.Collector) error {
	var errs []error
	for _, c := range all {
		errs = append(errs, reg.Register(c))
	}
	return errors.Join(errs...)
}

func (m *metrics) auth(method, result string) { m.authResult.WithLabelValues(method, result).Inc() }
func (m *metrics) countIn(kind string)        { m.messages.WithLabelValues("in", kind).Inc() }
func (m *metrics) countOut(kind string)       { m.messages.WithLabelValues("out", kind).Inc() }

// closed counts an ending. A client may close with any code; those that browsers
// and libraries send by themselves are told apart.
func (m *metrics) closed(code uint16, who by) {
	label := strconv.Itoa(int(code))
	if who == byClient && code != 1000 && code != 1001 && code != 1005 {
		label = "other"
	}
	m.closes.WithLabelValues(label, string(who)).Inc()
}

func capacityGauge(cfg Config) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sallyport_ws_capacity", Help: "Connections this node may hold (WS_MAX_TOTAL).",
	}, func() float64 { return float64(cfg.MaxTotal) })
}

var connectionDesc = prometheus.NewDesc("sallyport_ws_connections", "Connections, by state.", []string{"state"}, nil)

// connectionGauge reads the registry when it is asked, all states at one instant.
type connectionGauge struct{ h *hub }

func (g connectionGauge) Describe(ch chan<- *prometheus.Desc) { ch <- connectionDesc }

func (g connectionGauge) Collect(ch chan<- prometheus.Metric) {
	n := g.h.counts()
	for state, v := range map[string]int{"pending": n.Pending, "open": n.Open, "closing": n.Closing} {
		ch <- prometheus.MustNewConstMetric(connectionDesc, prometheus.GaugeValue, float64(v), state)
	}
}

var (
	topicsDesc   = prometheus.NewDesc("sallyport_ws_topics", "Topics that somebody on this node listens to.", nil, nil)
	listenerDesc = prometheus.NewDesc("sallyport_ws_subscriptions", "Subscriptions to topics on this node.", nil, nil)
)

// listenerGauge reads the board when it is asked.
type listenerGauge struct{ b *board }

func (g listenerGauge) Describe(ch chan<- *prometheus.Desc) { ch <- topicsDesc; ch <- listenerDesc }

func (g listenerGauge) Collect(ch chan<- prometheus.Metric) {
	topics, listenings := g.b.counts()
	ch <- prometheus.MustNewConstMetric(topicsDesc, prometheus.GaugeValue, float64(topics))
	ch <- prometheus.MustNewConstMetric(listenerDesc, prometheus.GaugeValue, float64(listenings))
}
