package faults_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/sallyport/sallyport/internal/faults"
)

// request is one call of a client.
type request struct {
	method, path, bearer string
	body                 any
	header               map[string]string // further headers
}

// reply is what became of it.
type reply struct {
	status int // 0: no answer came, it may have happened or not; gone: nobody was there
	answer map[string]any
	header http.Header
	node   string
}

// gone is the status of a call that reached nobody: it did not happen.
const gone = -1

// do makes one call and enters it; 5xx and 429 say nothing of the thing itself.
func (b *bench) do(kind faults.Kind, subject, method, path, bearer string, body any) (faults.Outcome, map[string]any) {
	outcome, r := b.enter(kind, subject, request{method: method, path: path, bearer: bearer, body: body})
	return outcome, r.answer
}

// enter is do with what became of the call; each try of it is entered. What one
// node took back may be honoured by another for a moment, if the other asks its
// memory and not the database: honoured enters that.
func (b *bench) enter(kind faults.Kind, subject string, q request) (outcome faults.Outcome, r reply) {
	for range b.tries() {
		op := faults.Op{Kind: kind, Subject: subject, Outcome: faults.Unknown, Sent: b.now()}
		r = b.ask(b.next(), q)
		op.Done = b.now()
		switch {
		case r.status >= 200 && r.status < 300:
			op.Outcome = faults.OK
		case r.status >= 400 && r.status < 500 && r.status != http.StatusTooManyRequests:
			op.Outcome = faults.Refused
		}
		if kind == faults.Revoke || kind == faults.Work && q.path == whoAmI {
			op.Node = r.node
		}
		if r.status != gone {
			b.Add(op)
		}
		if outcome = op.Outcome; r.status > 0 {
			break
		}
	}
	return outcome, r
}

// whoAmI asks for nothing but an access token, which each node judges from memory.
const whoAmI = "/api/v1/me"

// honoured asks one node whether it takes an access token that was taken back.
func (b *bench) honoured(n *node, subject, access string) bool {
	op := faults.Op{Kind: faults.Work, Subject: subject, Outcome: faults.Unknown, Node: n.url, Sent: b.now()}
	status := b.ask(n.url, request{method: "GET", path: whoAmI, bearer: access}).status
	op.Done = b.now()
	switch status {
	case http.StatusOK:
		op.Outcome = faults.OK
	case http.StatusUnauthorized:
		op.Outcome = faults.Refused
	}
	b.Add(op)
	return op.Outcome != faults.Refused
}

// keep enters something acknowledged just now by another call.
func (b *bench) keep(subject string) { b.enterNow(faults.Keep, subject) }

// enterNow enters what was acknowledged just now by another call.
func (b *bench) enterNow(kind faults.Kind, subject string) {
	now := b.now()
	b.Add(faults.Op{Kind: kind, Subject: subject, Outcome: faults.OK, Sent: now, Done: now})
}

// next is the node whose turn it is.
func (b *bench) next() string { return b.nodes[int(b.turn.Add(1))%len(b.nodes)].url }

// only is the one node there is; "" where there are more.
func (b *bench) only() string {
	if len(b.nodes) > 1 {
		return ""
	}
	return b.nodes[0].url
}

func (b *bench) tries() int {
	if b.insists {
		return 2 * len(b.nodes)
	}
	return 1
}

// call asks the nodes in turn; status 0 or less when no answer came.
func (b *bench) call(method, path, bearer string, body any) (int, map[string]any) {
	r := b.reach(request{method: method, path: path, bearer: bearer, body: body})
	return r.status, r.answer
}

// reach asks the nodes in turn, another one where no answer came if the bench
// insists.
func (b *bench) reach(q request) (r reply) {
	for range b.tries() {
		if r = b.ask(b.next(), q); r.status > 0 {
			break
		}
	}
	return r
}

// ask makes one call to one node.
func (b *bench) ask(base string, q request) (r reply) {
	r.node = base
	var in io.Reader
	if q.body != nil {
		raw, err := json.Marshal(q.body)
		if err != nil {
			return r
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(q.method, base+q.path, in)
	if err != nil {
		return r
	}
	req.Header.Set("Content-Type", "application/json")
	if q.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+q.bearer)
	}
	for name, value := range q.header {
		req.Header.Set(name, value)
	}
	res, err := b.client.Do(req)
	if err != nil {
		r.status = b.unanswered(err)
		return r
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil || len(raw) > 0 && json.Unmarshal(raw, &r.answer) != nil {
		r.status = b.unanswered(err)
		return r
	}
	wrong := ""
	switch code := res.StatusCode; {
	case code == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "":
		wrong = fmt.Sprintf("%s %s: 503 without Retry-After: %s", q.method, q.path, raw)
	case code >= 500 && code != http.StatusServiceUnavailable:
		wrong = fmt.Sprintf("%s %s: %d: %s", q.method, q.path, code, raw)
	}
	b.saw(res.StatusCode, wrong)
	r.status, r.header = res.StatusCode, res.Header
	return r
}

// unanswered tells a connection that nobody took from one that broke.
func (b *bench) unanswered(err error) (status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.statuses[0]++
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		b.refused++
		return gone
	}
	b.broken++
	return 0
}

// blame enters something that no client should ever see.
func (b *bench) blame(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
}

func (b *bench) saw(status int, wrong string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.statuses[status]++
	if wrong != "" {
		b.wrong = append(b.wrong, wrong)
	}
}
