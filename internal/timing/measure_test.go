package timing_test

import (
	"crypto/rand"
	"flag"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/testbed"
	"github.com/sallyport/sallyport/internal/timing"
)

var measure = flag.Bool("measure", false, "measure and judge the times (make timing)")

const (
	// perAddress is how often each address is asked about: with the fifth wrong
	// password it would rest (RL-01).
	perAddress = 4
	// settle is between two requests, for what the one before left to be done.
	settle = 5 * time.Millisecond
)

// tries is how many requests are made about each kind of address (PW-09).
func tries() int {
	if *measure {
		return 500
	}
	return 2
}

// pool is how many addresses of a kind one measurement asks about.
func pool() int { return max(1, tries()/perAddress) }

// rounds is how often a request is measured at most.
func rounds() int {
	if *measure {
		return 4
	}
	return 1
}

// request is one that must not tell kinds apart.
type request struct {
	name   string
	status int
	// prepare returns the bytes to send about the nth address of a kind.
	prepare func(b *bench, k kind, n int) []byte
}

func to(path string, more map[string]any) func(b *bench, k kind, n int) []byte {
	return func(b *bench, k kind, n int) []byte {
		body := map[string]any{"email": k.email(n)}
		for name, value := range more {
			body[name] = value
		}
		return b.post(path, body)
	}
}

func requests() []request {
	register := func(b *bench, k kind, n int) []byte {
		email := k.email(n)
		if k.name == "unknown" {
			email = b.stranger() // each has an account afterwards
		}
		return b.post("/api/v1/auth/register", map[string]any{"email": email, "password": password})
	}
	return []request{
		{"PW-09 sign-in", 401, to("/api/v1/auth/login", map[string]any{"password": "not the right one at all"})},
		{"RC-01 forgotten password", 202, to("/api/v1/auth/password/forgot", nil)},
		{"RC-01 verification mail once more", 202, to("/api/v1/auth/email/resend", nil)},
		{"RC-10 registration", 202, register},
		{"WA-14 offer of a passkey", 200, to("/api/v1/webauthn/login/begin", nil)},
		{"OA-08 provider's unverified address", 403, exchange},
	}
}

// TestTiming asks about every kind of address in random order. With -measure it
// fails where two measurements tell the same kind from the first.
func TestTiming(t *testing.T) {
	for engine, database := range map[string]func() string{
		"SQLite":     func() string { return "sqlite:" + filepath.Join(t.TempDir(), "sallyport.db") },
		"PostgreSQL": func() string { return testbed.Postgres(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			b := open(t, database())
			b.populate(t, rounds()*pool())
			var all []timing.Line
			for _, r := range requests() {
				t.Run(r.name, func(t *testing.T) {
					b.tb = t
					all = append(all, b.judge(t, r)...)
				})
			}
			if *measure {
				_, _ = fmt.Fprintf(os.Stdout, "\n%s, %d requests of each kind:\n\n%s\n", engine, tries(), timing.Table(all))
			}
		})
	}
}

// judge measures a request until a measurement shows every kind alike, or two
// that can be believed show one apart.
func (b *bench) judge(t *testing.T, r request) (all []timing.Line) {
	t.Helper()
	var apart [][]timing.Line
	for round := range rounds() {
		lines := b.measure(r, round)
		if all = append(all, lines...); !*measure {
			return all
		}
		t.Logf("measurement %d:\n%s", round+1, timing.Table(lines))
		switch sound := timing.Sound(lines); {
		case sound && !timing.Apart(lines):
			return all
		case sound:
			apart = append(apart, lines)
		}
		if len(apart) == 2 {
			for _, kind := range timing.Confirmed(apart[0], apart[1]) {
				t.Errorf("%s and %s can be told apart by time", kind, kinds()[0].name)
			}
			return all
		}
	}
	t.Errorf("the machine is too busy: %d of %d measurements can be believed, and none shows every kind alike", len(apart), rounds())
	return all
}

// measure makes the requests of one kind, in random order, about addresses that
// no other round asks about.
func (b *bench) measure(r request, round int) []timing.Line {
	b.tb.Helper()
	all := kinds()
	samples := make([]timing.Sample, len(all))
	turns := make([]int, 0, len(all)*tries())
	for i, k := range all {
		samples[i].Kind = k.name
		for range tries() {
			turns = append(turns, i)
		}
	}
	b.shuffle(turns)
	defer b.dial()()
	for _, i := range turns {
		bytes := r.prepare(b, all[i], round*pool()+len(samples[i].Took)%pool())
		if *measure {
			<-time.After(settle)
		}
		samples[i].Took = append(samples[i].Took, b.send(r.status, bytes))
	}
	return timing.Compare(r.name, samples)
}

// shuffle puts the values into a random order (Fisher and Yates).
func (b *bench) shuffle(values []int) {
	for i := len(values) - 1; i > 0; i-- {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			b.tb.Fatal(err)
		}
		values[i], values[j.Int64()] = values[j.Int64()], values[i]
	}
}
