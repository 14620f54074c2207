package gateway

import (
	"slices"
	"sync"
	"time"
)

// board is where events meet those who listen: what was delivered lately, and
// which connection listens to which topic. Whoever begins to listen under mu
// gets all that is in the history and nothing twice; frames are only queued
// under it, never written. mu is taken before hub.mu and conn.mu.
type board struct {
	hub       *hub
	maxTopics int // of one connection
	replay    int // bytes of history one client is sent

	mu        sync.Mutex
	history   history
	listeners map[string]map[*conn]listening // by topic
	limited   int                            // listenings that end by themselves
}

// listening is one connection's place at one topic.
type listening struct {
	from  uint64    // the number of the last event before it
	until time.Time // the end of the grant; zero: as long as the connection
}

func newBoard(h *hub, cfg Config) *board {
	return &board{
		hub: h, maxTopics: cfg.MaxTopics, replay: cfg.QueueBytes / 2,
		history: newHistory(cfg.HistoryEvents, cfg.HistoryBytes), listeners: map[string]map[*conn]listening{},
	}
}

// receiver is a connection that an event goes to.
type receiver struct {
	c    *conn
	from uint64
}

// post adds an event to the history and returns who gets it; none for an event
// that was posted before.
func (b *board) post(to Audience, id string, frame []byte, now time.Time) (number uint64, out []receiver) {
	b.mu.Lock()
	defer b.mu.Unlock()
	number, fresh := b.history.add(to, id, frame)
	if !fresh {
		return 0, nil
	}
	switch {
	case to.User != "":
		return number, receivers(b.hub.ofUser(to.User))
	case to.Session != "":
		return number, receivers(b.hub.ofSession(to.Session))
	}
	for c, l := range b.listeners[to.Topic] {
		if l.until.IsZero() || now.Before(l.until) {
			out = append(out, receiver{c, l.from})
		}
	}
	return number, out
}

func receivers(conns []*conn) []receiver {
	out := make([]receiver, len(conns))
	for i, c := range conns {
		out[i] = receiver{c, c.greetedAt()}
	}
	return out
}

// greet makes c an audience: it queues the welcome, then what the client missed
// since the event after, or a gap. It reports whether all was queued.
func (b *board) greet(c *conn, welcome []byte, after string) (queued bool) {
	_, claims := c.who()
	b.mu.Lock()
	defer b.mu.Unlock()
	c.mu.Lock()
	c.greeted, c.from = true, b.history.last
	c.mu.Unlock()
	frames := [][]byte{welcome}
	if after != "" {
		frames = append(frames, b.missed(after, "", func(a Audience) bool {
			return a.User == claims.Subject && a.User != "" || a.Session == claims.SessionID && a.Session != ""
		})...)
	}
	return c.offer(frames...)
}

// missed returns the frames behind after, or one gap frame.
func (b *board) missed(after, topic string, fits func(Audience) bool) [][]byte {
	frames, ok := b.history.after(after, b.replay, fits)
	if !ok {
		return [][]byte{frame(topicFrame{"gap", topic})}
	}
	return frames
}

// listen enters c at a topic and queues the answer, then what it missed. full
// says that c listens to as many topics as it may.
func (b *board) listen(c *conn, topic, after string, until time.Time) (queued, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old, again := b.listeners[topic][c]
	if !again && len(c.topics) >= b.maxTopics {
		return true, true
	}
	if s, _ := c.who(); s != open {
		return true, false // leave was or will be called: nothing may be entered
	}
	if !again {
		c.topics = append(c.topics, topic)
	} else if !old.until.IsZero() {
		b.limited--
	}
	if !until.IsZero() {
		b.limited++
	}
	if b.listeners[topic] == nil {
		b.listeners[topic] = map[*conn]listening{}
	}
	b.listeners[topic][c] = listening{b.history.last, until}
	frames := [][]byte{frame(topicFrame{"subscribed", topic})}
	if after != "" {
		frames = append(frames, b.missed(after, topic, func(a Audience) bool { return a.Topic == topic })...)
	}
	return c.offer(frames...), false
}

// unlisten takes c from a topic; false if it did not listen there.
func (b *board) unlisten(c *conn, topic string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.listeners[topic][c]; !ok {
		return false
	}
	b.remove(c, topic)
	c.topics = without(c.topics, topic)
	return true
}

// leave takes c, which is closing, from every topic.
func (b *board) leave(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, topic := range c.topics {
		b.remove(c, topic)
	}
	c.topics = nil
}

func (b *board) remove(c *conn, topic string) {
	at := b.listeners[topic]
	if !at[c].until.IsZero() {
		b.limited--
	}
	if delete(at, c); len(at) == 0 {
		delete(b.listeners, topic)
	}
}

// ended is a listening whose grant has expired.
type ended struct {
	c     *conn
	topic string
}

// expire takes out and returns the listenings whose time is over.
func (b *board) expire(now time.Time) (out []ended) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limited == 0 {
		return nil
	}
	for topic, at := range b.listeners {
		for c, l := range at {
			if !l.until.IsZero() && !now.Before(l.until) {
				out = append(out, ended{c, topic})
			}
		}
	}
	for _, e := range out {
		b.remove(e.c, e.topic)
		e.c.topics = without(e.c.topics, e.topic)
	}
	return out
}

// counts returns how many topics are listened to, and by how many in all.
func (b *board) counts() (topics, listenings int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, at := range b.listeners {
		listenings += len(at)
	}
	return len(b.listeners), listenings
}

// forget drops what the history could send: events may have been missed before now.
func (b *board) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.history.forget()
}

func without[T comparable](list []T, item T) []T {
	if i := slices.Index(list, item); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
