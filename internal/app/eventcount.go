package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/audit"
)

// eventCount counts what the audit log holds: sign-ins and their failures,
// factors, sessions. The node that seals an event counts it, so the sum over the
// nodes is right and one node alone says nothing.
type eventCount struct{ *prometheus.CounterVec }

func newEventCount() eventCount {
	c := eventCount{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sallyport_audit_events_total", Help: "Events of the audit log, by name, result and factor, counted by the node that sealed them.",
	}, []string{"event", "result", "factor"})}
	// A series that exists from the start shows its first count as a rise.
	for _, name := range []audit.Name{audit.LoginSuccess, audit.LoginSuccessAfterFail, audit.FactorSuccess} {
		c.WithLabelValues(string(name), string(audit.Success), "password")
	}
	for _, name := range []audit.Name{audit.LoginFail, audit.LoginLock, audit.FactorFail} {
		c.WithLabelValues(string(name), string(audit.Failure), "password")
	}
	return c
}

// count is told each event once. Its labels are words of the program, never of a
// client.
func (c eventCount) count(e audit.Event) {
	c.WithLabelValues(string(e.Name), string(e.Result), e.Factor).Inc()
}
