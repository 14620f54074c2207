package faults_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/faults"
)

// person is a client that uses up one thing after another, whatever breaks.
type person struct {
	b        *bench
	email    string
	second   bool     // has an authenticator app and backup codes
	password []string // one of these; more than one after a reset that was never answered

	enrolled        bool
	codes           []string // backup codes not shown yet
	app             []byte   // the secret of the authenticator app
	access, refresh string   // "" while signed out
	spent           []string // refresh tokens that were answered
	ended           []ended  // sessions that were taken back
	retired         string   // a password that a reset took away
	sure            bool     // the second factor stands: it was acknowledged, and no reset was asked for since

	acknowledged map[string]int // audit rows there must be at least
	shown        int            // second factors that may have worked
	secrets      []string
	steps        atomic.Int64 // steps that worked
}

// newPerson is somebody without an account yet, whom judge does not forget.
func newPerson(b *bench, email string) *person {
	p := &person{b: b, email: email, password: []string{password}, secrets: []string{password}, acknowledged: map[string]int{}}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.people = append(b.people, p)
	return p
}

// crowd is some people at work.
type crowd struct {
	b      *bench
	people []*person
	stop   chan struct{}
	work   sync.WaitGroup
}

var crowds atomic.Int64

// newCrowd puts n people to work, every other one with second factors.
func newCrowd(b *bench, n int) *crowd {
	c := &crowd{b: b, stop: make(chan struct{})}
	id := crowds.Add(1)
	for i := range n {
		p := newPerson(b, fmt.Sprintf("user%d-%d@example.org", id, i))
		p.second = i%2 == 1
		c.people = append(c.people, p)
		c.work.Go(func() {
			for step := 0; ; step++ {
				select {
				case <-c.stop:
					return
				default:
				}
				if p.step(step) {
					p.steps.Add(1)
				}
				<-time.After(20 * time.Millisecond)
			}
		})
	}
	return c
}

// goesOn waits until every one of them got some more steps done.
func (c *crowd) goesOn(t *testing.T, within time.Duration) {
	t.Helper()
	for _, p := range c.people {
		from := p.steps.Load()
		await(t, p.email+" gets on", within, func() bool { return p.steps.Load() >= from+3 })
	}
}

// rest sends everybody home.
func (c *crowd) rest() {
	close(c.stop)
	c.work.Wait()
}

// step does the next thing; false when it did not work.
func (p *person) step(n int) bool {
	switch {
	case p.access == "":
		return p.signIn()
	case p.second && !p.enrolled:
		return p.enrol()
	case p.second && len(p.codes) < 3:
		return p.renewCodes()
	case n%29 == 28:
		return p.reset()
	case n%11 == 10:
		return p.signOut()
	case n%13 == 12 && p.second:
		return p.useCode()
	case n%17 == 16 && !p.second:
		return p.browse()
	case n%7 == 6:
		return p.rotate(3)
	default:
		return p.rotate(1)
	}
}

// begin shows the password: tokens, or the token of an attempt.
func (p *person) begin() map[string]any {
	for _, one := range p.password {
		status, answer := p.call("/api/v1/auth/login", "", map[string]any{"email": p.email, "password": one})
		if status == 200 {
			p.password = []string{one}
			p.proved(text(answer, "access_token"), "aal1")
			if text(answer, "access_token") != "" && p.sure {
				p.b.blame("MF-02 %s: a password alone opened a session, though a second factor stands", p.email)
			}
			return answer
		}
		if status <= 0 || status >= 429 {
			return nil
		}
	}
	return nil
}

func (p *person) signIn() bool {
	answer := p.begin()
	if answer == nil {
		p.call("/api/v1/auth/register", "", map[string]any{"email": p.email, "password": password})
		return false
	}
	attempt := text(answer, "mfa_token")
	// Perhaps set up by a call that was never answered; or taken away by a reset, as
	// is right while the address was never proved.
	if p.enrolled = attempt != ""; !p.enrolled {
		p.codes = nil
	}
	if p.enrolled {
		p.secrets = append(p.secrets, attempt)
		if len(p.codes) == 0 {
			return p.byApp(attempt)
		}
		return p.spendCode(attempt)
	}
	return p.take(answer)
}

// take keeps the tokens of an answer.
func (p *person) take(answer map[string]any) bool {
	access, refresh := text(answer, "access_token"), text(answer, "refresh_token")
	if refresh == "" {
		return false
	}
	p.access, p.refresh = access, refresh
	p.hold()
	return true
}

func (p *person) hold() {
	p.secrets = append(p.secrets, p.access, p.refresh)
	p.b.keep(name("session of", p.refresh))
}

// forget is for an answer that never came: the tokens may be spent.
func (p *person) forget() { p.access, p.refresh = "", "" }

// end enters that a node took a session back just now, and shows its tokens; with
// no node it is not known which of them did.
func (p *person) end(why, access, refresh, node string) {
	e, now := ended{name(why, refresh), access, refresh}, p.b.now()
	if node == "" {
		node = "one of them"
	}
	p.b.Add(faults.Op{Kind: faults.Revoke, Subject: e.subject, Outcome: faults.OK, Node: node, Sent: now, Done: now})
	p.ended = append(p.ended, e)
	p.show(e)
}

// ended is a session that was taken back.
type ended struct{ subject, access, refresh string }

// show shows the tokens of an ended session.
func (p *person) show(e ended) {
	p.do(faults.Work, e.subject, "/api/v1/auth/refresh", "", map[string]any{"refresh_token": e.refresh})
	p.b.enter(faults.Work, e.subject, request{method: "GET", path: whoAmI, bearer: e.access})
}

// rotate spends the refresh token; by several callers at once where race is more
// than one, of which one may win and after which the session is over.
func (p *person) rotate(race int) bool {
	token := p.refresh
	answers := make(chan result, race)
	for range race {
		go func() {
			outcome, a := p.b.do(faults.Spend, name("refresh token", token), "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": token})
			answers <- result{outcome, a}
		}()
	}
	p.forget()
	won, lost := 0, 0
	for range race {
		switch a := <-answers; a.outcome {
		case faults.OK:
			p.note("/api/v1/auth/refresh", a.answer)
			p.spent = append(p.spent, token)
			p.access, p.refresh = text(a.answer, "access_token"), text(a.answer, "refresh_token")
			p.secrets = append(p.secrets, p.access, p.refresh)
			won++
		case faults.Refused:
			lost++
		}
	}
	if race > 1 {
		access, refresh := p.access, p.refresh
		p.forget()
		if won == 1 && lost > 0 { // somebody showed a spent token: the session is over (TK-07)
			p.end("session of two callers", access, refresh, p.b.only())
		}
		return won == 1
	}
	if won == 1 {
		p.b.keep(name("session of", p.refresh))
	}
	return won == 1
}

// signOut ends the session and shows its tokens again: at once where it was ended,
// and on whatever node comes next.
func (p *person) signOut() bool {
	e := ended{name("signed-out session of", p.refresh), p.access, p.refresh}
	p.forget()
	outcome, r := p.b.enter(faults.Revoke, e.subject, request{method: "POST", path: "/api/v1/auth/logout", bearer: e.access})
	if outcome != faults.OK {
		return false
	}
	p.note("/api/v1/auth/logout", nil)
	p.ended = append(p.ended, e)
	for _, n := range p.b.nodes {
		if n.url == r.node {
			p.b.honoured(n, e.subject, e.access)
		}
	}
	p.show(e)
	return true
}

// reset sets a new password by a mailed link that two callers use at once.
func (p *person) reset() bool {
	before := len(p.b.mail.to(p.email))
	if status, _ := p.call("/api/v1/auth/password/forgot", "", map[string]any{"email": p.email}); status != 202 {
		return false
	}
	token := p.b.mail.link(p.email, before)
	if token == "" {
		return false
	}
	fresh := fmt.Sprintf("%s %d", password, len(p.secrets))
	p.secrets = append(p.secrets, token, fresh)
	p.sure = false // an address that was never proved gets its factors taken away
	access, refresh := p.access, p.refresh
	done := make(chan faults.Outcome, 2)
	for range 2 {
		go func() {
			outcome, _ := p.b.do(faults.Spend, name("reset link", token), "POST", "/api/v1/auth/password/reset", "", map[string]any{"token": token, "password": fresh})
			done <- outcome
		}()
	}
	outcomes := []faults.Outcome{<-done, <-done}
	p.forget()
	if !slices.Contains(outcomes, faults.OK) {
		if !slices.Contains(p.password, fresh) {
			p.password = append(p.password, fresh)
		}
		return false
	}
	p.note("/api/v1/auth/password/reset", nil)
	p.retired = p.password[0]
	p.password = []string{fresh}
	p.b.keep(name("password of "+p.email, fresh))
	p.b.enterNow(faults.Revoke, name("old password of "+p.email, p.retired))
	if refresh != "" {
		p.end("session before the reset of", access, refresh, p.b.only())
	}
	return true
}

// looksBack shows what was acknowledged, and what was spent, once all is well again.
func (p *person) looksBack() {
	if p.refresh != "" {
		p.do(faults.Find, name("session of", p.refresh), "/api/v1/auth/refresh", "", map[string]any{"refresh_token": p.refresh})
	}
	for _, token := range p.spent[max(0, len(p.spent)-5):] {
		p.do(faults.Spend, name("refresh token", token), "/api/v1/auth/refresh", "", map[string]any{"refresh_token": token})
	}
	for _, e := range p.ended[max(0, len(p.ended)-10):] {
		p.show(e)
		for _, n := range p.b.nodes {
			p.b.honoured(n, e.subject, e.access)
		}
	}
	if len(p.password) == 1 && p.acknowledged["session_created"] > 0 {
		p.do(faults.Find, name("password of "+p.email, p.password[0]), "/api/v1/auth/login", "", map[string]any{"email": p.email, "password": p.password[0]})
	}
	if p.retired != "" {
		p.do(faults.Work, name("old password of "+p.email, p.retired), "/api/v1/auth/login", "", map[string]any{"email": p.email, "password": p.retired})
	}
	p.findCode()
}
