package gateway

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/limit"
)

// Times of the presence.
const (
	presenceEvery  = 5 * time.Second        // a node says that it is there
	presenceForget = 4 * presenceEvery      // a node that was not heard is gone
	presenceWait   = 500 * time.Millisecond // for the answers of the others
)

// maxRoster is how many connections of one user a node names: more would not
// fit into a message of the bus.
const maxRoster = 100

// Roster is what one node answers about its connections.
type Roster struct {
	Node        string       `json:"node"`
	Counts      Counts       `json:"counts"`
	Connections []Connection `json:"connections,omitempty"` // of the user asked about, oldest first, at most 100
}

// presence knows the other nodes and asks them.
type presence struct {
	node  string
	bus   bus.Bus
	mine  func(userID string) Roster
	evict func(ctx context.Context, p limit.Place)
	clock func() time.Time

	mu      sync.Mutex
	nodes   map[string]time.Time // when each other node was last heard
	waiting map[string]chan Roster
}

// word is one message between the nodes: here, ask or answer.
type word struct {
	Node   string       `json:"node"`
	Ask    string       `json:"ask,omitempty"`    // the id of the question
	User   string       `json:"user,omitempty"`   // whose connections are asked for
	Answer *Roster      `json:"answer,omitempty"` // to the question Ask
	Bye    bool         `json:"bye,omitempty"`    // the node goes down
	Evict  *limit.Place `json:"evict,omitempty"`  // a connection that another node needs the place of
}

// Ask returns the rosters of all nodes, this one first: counts, and the
// connections of that user if one is named. complete is false when a node that
// is known did not answer in time.
func (g *Gateway) Ask(ctx context.Context, userID string) (rosters []Roster, complete bool) {
	return g.presence.ask(ctx, userID)
}

func (p *presence) ask(ctx context.Context, userID string) ([]Roster, bool) {
	out := []Roster{p.mine(userID)}
	id := ident.New()
	answers, others := p.expect(id)
	defer p.forget(id)
	if len(others) == 0 {
		return out, true
	}
	ctx, cancel := context.WithTimeout(ctx, presenceWait)
	defer cancel()
	if err := p.say(ctx, word{Ask: id, User: userID}); err != nil {
		return out, false
	}
	for len(others) > 0 {
		select {
		case r := <-answers:
			if i := slices.Index(others, r.Node); i >= 0 {
				others = slices.Delete(others, i, i+1)
				out = append(out, r)
			}
		case <-ctx.Done():
			return out, false
		}
	}
	slices.SortFunc(out[1:], func(a, b Roster) int { return strings.Compare(a.Node, b.Node) })
	return out, true
}

// expect opens a question and returns the nodes that should answer.
func (p *presence) expect(id string) (<-chan Roster, []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	maps.DeleteFunc(p.nodes, func(_ string, heard time.Time) bool { return now.Sub(heard) > presenceForget })
	answers := make(chan Roster, len(p.nodes))
	p.waiting[id] = answers
	return answers, slices.Collect(maps.Keys(p.nodes))
}

func (p *presence) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, id)
}

// follow says that this node is there, and answers the others, until ctx ends.
func (p *presence) follow(ctx context.Context) {
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		_ = p.bus.Subscribe(ctx, presenceBus, "", func(m bus.Message) { p.take(ctx, m) })
	}()
	tick := time.NewTicker(presenceEvery)
	defer tick.Stop()
	for {
		_ = p.say(ctx, word{}) // a bus that is away costs only that the others forget this node
		select {
		case <-ctx.Done():
			_ = p.say(context.WithoutCancel(ctx), word{Bye: true})
			<-listening
			return
		case <-tick.C:
		}
	}
}

func (p *presence) say(ctx context.Context, w word) error {
	w.Node = p.node
	body, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return p.bus.Publish(ctx, presenceBus, body)
}

// take hears one word of another node.
func (p *presence) take(ctx context.Context, m bus.Message) {
	var w word
	if m.Gap || json.Unmarshal(m.Body, &w) != nil || w.Node == "" || w.Node == p.node {
		return
	}
	p.mu.Lock()
	p.nodes[w.Node] = p.clock()
	if w.Bye {
		delete(p.nodes, w.Node)
	}
	answers := p.waiting[w.Ask]
	p.mu.Unlock()
	switch {
	case w.Evict != nil:
		if w.Evict.Node == p.node {
			p.evict(ctx, *w.Evict)
		}
	case w.Answer != nil && answers != nil:
		w.Answer.Node = w.Node
		select {
		case answers <- *w.Answer:
		default: // nobody needs a second answer of the same node
		}
	case w.Answer == nil && w.Ask != "":
		mine := p.mine(w.User)
		_ = p.say(ctx, word{Ask: w.Ask, Answer: &mine}) // unanswered is incomplete, and said so
	}
}
