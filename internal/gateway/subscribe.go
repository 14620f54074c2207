package gateway

import (
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
)

// subscribe lets the client listen to a topic, if a rule or its grant allows it
// now (WS-05).
func (c *conn) subscribe(f inbound) {
	_, claims := c.who()
	until, err := c.g.mayListen(claims, f.Topic, f.Grant)
	if err != nil {
		c.g.metrics.subscriptions.WithLabelValues("refused").Inc()
		c.g.record(c.origin, claims, audit.AuthzFail, audit.Failure, string(fault.Of(err)), map[string]string{"connection_id": c.id, "topic": f.Topic})
		c.say("error", refusal(err).about(f.Topic))
		return
	}
	queued, full := c.g.board.listen(c, f.Topic, f.After, until)
	switch {
	case full:
		c.g.metrics.limitHits.WithLabelValues("topics").Inc()
		c.g.metrics.subscriptions.WithLabelValues("refused").Inc()
		c.say("error", refusal(fault.New(fault.CodeRateLimited)).about(f.Topic))
	case !queued:
		c.tooSlow()
	default:
		c.g.metrics.subscriptions.WithLabelValues("ok").Inc()
		c.g.metrics.countOut("subscribed")
	}
}

// unsubscribe ends listening; that the client did not listen is no error.
func (c *conn) unsubscribe(f inbound) {
	c.g.board.unlisten(c, f.Topic)
	c.say("unsubscribed", topicFrame{"unsubscribed", f.Topic})
}

// expireGrants ends what expired grants allowed.
func (g *Gateway) expireGrants() {
	for _, e := range g.board.expire(g.parts.Clock()) {
		e.c.say("unsubscribed", topicFrame{"unsubscribed", e.topic})
	}
}
