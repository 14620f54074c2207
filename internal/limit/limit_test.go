package limit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/limit"
)

func TestSpend(t *testing.T) {
	const now = int64(1_800_000_000_000_000)
	minute := time.Minute.Microseconds()
	rule := limit.Rule{Name: "r", N: 3, Per: 3 * time.Minute}
	cases := []struct {
		name string
		paid int64
		next int64
		want limit.Decision
	}{
		{"never used", 0, now + minute,
			limit.Decision{Allowed: true, Remaining: 2, ResetAfter: time.Minute}},
		{"used once", now + minute, now + 2*minute,
			limit.Decision{Allowed: true, Remaining: 1, ResetAfter: 2 * time.Minute}},
		{"last one, to the microsecond", now + 2*minute, now + 3*minute,
			limit.Decision{Allowed: true, ResetAfter: 3 * time.Minute}},
		{"one microsecond too early", now + 2*minute + 1, now + 2*minute + 1,
			limit.Decision{RetryAfter: time.Microsecond, ResetAfter: 2*time.Minute + time.Microsecond}},
		{"used up", now + 3*minute, now + 3*minute,
			limit.Decision{RetryAfter: time.Minute, ResetAfter: 3 * time.Minute}},
		{"from a clock an hour ahead: no wait above the period", now + 60*minute, now + 3*minute,
			limit.Decision{RetryAfter: time.Minute, ResetAfter: 3 * time.Minute}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			next, got := rule.Spend(c.paid, now)
			if next != c.next || got != c.want {
				t.Errorf("Spend(now%+d) = now%+d, %+v, want now%+d, %+v", c.paid-now, next-now, got, c.next-now, c.want)
			}
		})
	}
}

// TestSpendNeverAllowsMore counts what odd rules, whose interval is not a whole
// number of microseconds, allow over many periods.
func TestSpendNeverAllowsMore(t *testing.T) {
	for _, rule := range []limit.Rule{
		{Name: "sevenths", N: 7, Per: time.Millisecond},
		{Name: "more than microseconds", N: 3, Per: 2 * time.Microsecond},
		{Name: "one", N: 1, Per: time.Millisecond},
	} {
		const periods = 50
		var paid, allowed int64
		start := int64(1_800_000_000_000_000)
		for now := start; now < start+periods*rule.Per.Microseconds(); now++ {
			for {
				next, d := rule.Spend(paid, now)
				if !d.Allowed {
					break
				}
				paid = next
				allowed++
			}
		}
		if most := int64(rule.N) * (periods + 1); allowed > most || allowed < most/3 {
			t.Errorf("%s: %d allowed in %d periods, want at most %d", rule.Name, allowed, periods, most)
		}
	}
}

// FuzzSpend checks what must hold for every rule and every stored number.
func FuzzSpend(f *testing.F) {
	f.Add(10, int64(time.Minute), int64(0), int64(1_800_000_000_000_000))
	f.Add(limit.MaxN, int64(limit.MaxPer), int64(-1), int64(0))
	f.Add(1, int64(time.Microsecond), int64(1)<<62, int64(1))
	f.Fuzz(func(t *testing.T, n int, per, paid, now int64) {
		rule := limit.Rule{Name: "f", N: n, Per: time.Duration(per)}
		if rule.Check() != nil || now < 0 || now > 1<<52 {
			return
		}
		next, d := rule.Spend(paid, now)
		if next < now || next > now+rule.Burst() {
			t.Fatalf("%+v.Spend(%d, %d): paid time %d leaves [now, now+burst]", rule, paid, now, next)
		}
		if d.Remaining < 0 || d.Remaining >= n || d.RetryAfter < 0 || d.ResetAfter < 0 || d.Allowed == (d.RetryAfter > 0) {
			t.Fatalf("%+v.Spend(%d, %d) = %+v: contradicts itself", rule, paid, now, d)
		}
		if !d.Allowed {
			if _, again := rule.Spend(next, now+d.RetryAfter.Microseconds()); !again.Allowed {
				t.Fatalf("%+v.Spend(%d, %d): refused after RetryAfter %v", rule, paid, now, d.RetryAfter)
			}
		}
	})
}

func TestID(t *testing.T) {
	rule := func(name string) limit.Rule { return limit.Rule{Name: name, N: 1, Per: time.Hour} }
	ids := map[limit.ID]string{}
	for _, c := range []struct{ name, key string }{
		{"a", "b"}, {"ab", ""}, {"", "ab"}, {"a", "B"}, {"a", "b "}, {"b", "a"}, {"a", strings.Repeat("b", 1<<16)},
	} {
		id := rule(c.name).ID(c.key)
		if other, taken := ids[id]; taken {
			t.Errorf("ID(%q, %.10q) equals that of %s", c.name, c.key, other)
		}
		ids[id] = c.name + "/" + c.key
	}
	if a, b := rule("a").ID("b"), (limit.Rule{Name: "a", N: 9, Per: time.Minute}).ID("b"); a != b {
		t.Errorf("ID depends on the numbers of the rule: %x and %x", a, b)
	}
}

func TestDecisionErr(t *testing.T) {
	if err := (limit.Decision{Allowed: true}).Err(); err != nil {
		t.Errorf("Err of an allowed request = %v, want nil", err)
	}
	err := limit.Decision{RetryAfter: 90 * time.Second}.Err()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.CodeRateLimited || f.RetryAfter != 90*time.Second {
		t.Errorf("RL-10 Err = %#v, want rate_limited with Retry-After 90 s", err)
	}
}

// answers is a limiter that always says the same.
type answers struct {
	d   limit.Decision
	err error
}

func (a answers) Take(context.Context, limit.Rule, string) (limit.Decision, error) { return a.d, a.err }
func (a answers) Clear(context.Context, limit.Rule, string) error                  { return a.err }

func TestObserved(t *testing.T) {
	for _, c := range []struct {
		name   string
		inner  answers
		report bool
	}{
		{"allowed", answers{d: limit.Decision{Allowed: true}}, true},
		{"refused", answers{}, false},
		{"failed", answers{d: limit.Decision{Allowed: true}, err: errors.New("away")}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			l := limit.Observed(c.inner, func(rule string, allowed bool) {
				calls++
				if rule != "r" || allowed != c.report {
					t.Errorf("reported %q, %v, want %q, %v", rule, allowed, "r", c.report)
				}
			})
			d, err := l.Take(context.Background(), limit.Rule{Name: "r"}, "k")
			if d != c.inner.d || err != c.inner.err || calls != 1 {
				t.Errorf("Take = %+v, %v with %d reports, want %+v, %v with 1", d, err, calls, c.inner.d, c.inner.err)
			}
			if err := l.Clear(context.Background(), limit.Rule{Name: "r"}, "k"); err != c.inner.err || calls != 1 {
				t.Errorf("Clear = %v with %d reports, want %v with 1", err, calls, c.inner.err)
			}
		})
	}
}
