package faults_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/faults"
)

// TestKeysRotatedAtWork makes new signing keys while people sign in and refresh;
// every token in somebody's hands goes on working until it expires.
func TestKeysRotatedAtWork(t *testing.T) {
	engines(t, func(t *testing.T, databaseURL string) {
		b := newBench(t, 1, databaseURL, "JWKS_CACHE=1m")
		b.serve(t)
		c := newCrowd(b, 4)
		stop := make(chan struct{})
		var watch sync.WaitGroup
		p := newPerson(b, "keeper@example.org")
		await(t, "a sign-in", time.Minute, p.signIn)
		b.keep("token of the keeper")
		watch.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
					b.do(faults.Find, "token of the keeper", "GET", "/api/v1/me", p.access, nil)
				}
			}
		})
		b.nodes[0].command(t, "key", "rotate")
		c.goesOn(t, time.Minute)
		if *long {
			<-time.After(75 * time.Second) // until the new key signs
			c.goesOn(t, time.Minute)
			b.nodes[0].command(t, "key", "rotate")
			c.goesOn(t, time.Minute)
		}
		close(stop)
		watch.Wait()
		c.judge(t)
		c.showsSomething(t)
	})
}

// TestRestoredCopy copies the database while people work, lets them go on, and
// starts a node on the copy: what they used up since must not work there.
func TestRestoredCopy(t *testing.T) {
	b := newBench(t, 1, sqlite(t))
	b.serve(t)
	c := newCrowd(b, 6)
	c.goesOn(t, time.Minute)
	file := filepath.Join(t.TempDir(), "copy.db")
	b.nodes[0].command(t, "backup", file)
	c.goesOn(t, time.Minute)
	<-time.After(time.Duration(either(1, 10)) * time.Second)
	c.rest()
	b.nodes[0].stop(t)

	b.database = sqlite(t)
	b.nodes[0].environ = append(b.nodes[0].environ, "DATABASE_URL="+b.database)
	b.nodes[0].command(t, "restore", "--yes", file)
	b.nodes[0].serve(t)
	for _, p := range c.people {
		if p.refresh != "" {
			subject := name("session before the restore of", p.refresh)
			now := b.now()
			b.Add(faults.Op{Kind: faults.Revoke, Subject: subject, Outcome: faults.OK, Sent: now, Done: now})
			b.do(faults.Work, subject, "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": p.refresh})
			b.do(faults.Work, subject, "GET", "/api/v1/me", p.access, nil)
		}
		for _, token := range p.spent {
			b.do(faults.Spend, name("refresh token", token), "POST", "/api/v1/auth/refresh", "", map[string]any{"refresh_token": token})
		}
		b.do(faults.Find, "the account of "+p.email, "POST", "/api/v1/auth/login", "", map[string]any{"email": p.email, "password": password})
	}
	for _, broken := range faults.Check(b.Ops()) {
		t.Error(broken)
	}
	b.neverWrong(t)
	db := b.open(t)
	defer func() { _ = db.Close() }()
	var alive int
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM mfa_backup_codes WHERE used_at = 0`).Scan(&alive); err != nil {
		t.Fatal(err)
	}
	if alive != 0 {
		t.Errorf("BC-03 backup codes after a restore: got %d unused, want none", alive)
	}
	t.Log(c.observed())
}
