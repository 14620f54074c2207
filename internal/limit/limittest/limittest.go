package limittest

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/limit"
)

// Subject is a limiter under test, without any use counted yet.
type Subject struct {
	Limiter limit.Limiter
	// Pass lets that much time go by for the limiter, without waiting for it.
	Pass func(d time.Duration)
}

// slack is how far a real clock may move while a test runs. Every period below
// is long enough that slack changes no verdict.
const slack = time.Minute

// Run runs the suite. fresh is called once for each subtest.
func Run(t *testing.T, fresh func(t *testing.T) Subject) {
	tests := []struct {
		name string
		run  func(*testing.T, Subject)
	}{
		{"RL-11 N at once, then one per interval", burstThenSteady},
		{"RL-11 verdicts follow the arithmetic of the rule", followsModel},
		{"RL-11 exactly N of many parallel requests", exactlyN},
		{"waiting as long as told is enough, and less is not", retryAfterIsTrue},
		{"a refused request costs nothing", refusedIsFree},
		{"a key unused for long enough is as new", recovers},
		{"rules and keys are counted apart", apart},
		{"RL-05 clear makes the key as new and no other", clears},
		{"keys of any text and length", anyKey},
		{"a rule without sense is an error", refusesRules},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) { c.run(t, fresh(t)) })
	}
}

// take is Take that may not fail.
func take(t *testing.T, s Subject, rule limit.Rule, key string) limit.Decision {
	t.Helper()
	d, err := s.Limiter.Take(context.Background(), rule, key)
	if err != nil {
		t.Fatalf("Take(%+v, %.40q): %v", rule, key, err)
	}
	return d
}

// near reports whether got is want or, for a clock that went on meanwhile, a
// little less.
func near(got, want time.Duration) bool { return got <= want && got > want-slack }

func burstThenSteady(t *testing.T, s Subject) {
	rule := limit.Rule{Name: "burst", N: 5, Per: 10 * time.Hour}
	for i := range 5 {
		d := take(t, s, rule, "k")
		if !d.Allowed || d.Remaining != 4-i || d.RetryAfter != 0 || !near(d.ResetAfter, time.Duration(i+1)*2*time.Hour) {
			t.Fatalf("take %d = %+v, want allowed with %d remaining and reset after %d h", i+1, d, 4-i, 2*(i+1))
		}
	}
	d := take(t, s, rule, "k")
	if d.Allowed || d.Remaining != 0 || !near(d.RetryAfter, 2*time.Hour) || !near(d.ResetAfter, 10*time.Hour) {
		t.Fatalf("take 6 = %+v, want refused for 2 h", d)
	}
	for range 3 {
		s.Pass(2 * time.Hour)
		if d := take(t, s, rule, "k"); !d.Allowed || d.Remaining != 0 {
			t.Fatalf("take after one interval = %+v, want allowed with 0 remaining", d)
		}
		if d := take(t, s, rule, "k"); d.Allowed {
			t.Fatalf("second take after one interval = %+v, want refused", d)
		}
	}
}

// followsModel compares a long mixed run with limit.Rule.Spend on a clock of the
// test's own. All times are multiples of 20 minutes, so a real clock that goes on
// a little meanwhile changes no verdict.
func followsModel(t *testing.T, s Subject) {
	rules := []limit.Rule{
		{Name: "a", N: 1, Per: 8 * time.Hour},
		{Name: "b", N: 7, Per: 70 * time.Hour},
		{Name: "c", N: 3, Per: 100 * time.Hour},
	}
	now, paid := int64(1_700_000_000_000_000), map[string]int64{}
	state := uint64(42)
	next := func(n uint64) uint64 { // a fixed sequence, the same in every run
		state = state*6364136223846793005 + 1442695040888963407
		return (state >> 33) % n
	}
	for step := range 400 {
		if next(3) == 0 {
			d := time.Duration(next(40)) * 20 * time.Minute
			s.Pass(d)
			now += d.Microseconds()
		}
		rule, key := rules[next(3)], strconv.FormatUint(next(2), 10)
		var want limit.Decision
		paid[rule.Name+key], want = rule.Spend(paid[rule.Name+key], now)
		got := take(t, s, rule, key)
		if got.Allowed != want.Allowed || got.Remaining != want.Remaining ||
			!near(got.RetryAfter, want.RetryAfter) || !near(got.ResetAfter, want.ResetAfter) {
			t.Fatalf("step %d, rule %s: got %+v, want about %+v", step, rule.Name, got, want)
		}
	}
}

func exactlyN(t *testing.T, s Subject) {
	rule := limit.Rule{Name: "parallel", N: 50, Per: 50 * time.Hour}
	var allowed, failed atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 20 {
				d, err := s.Limiter.Take(context.Background(), rule, "k")
				if err != nil {
					failed.Add(1)
				} else if d.Allowed {
					allowed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 50 || failed.Load() != 0 {
		t.Errorf("of 400 parallel takes %d were allowed and %d failed, want 50 and 0", allowed.Load(), failed.Load())
	}
}

func retryAfterIsTrue(t *testing.T, s Subject) {
	rule := limit.Rule{Name: "retry", N: 3, Per: 9 * time.Hour}
	for range 3 {
		take(t, s, rule, "k")
	}
	wait := take(t, s, rule, "k").RetryAfter
	s.Pass(wait - 2*slack)
	if d := take(t, s, rule, "k"); d.Allowed || !near(d.RetryAfter, 2*slack) {
		t.Fatalf("take before RetryAfter is over = %+v, want refused for %v more", d, 2*slack)
	}
	s.Pass(2 * slack)
	if d := take(t, s, rule, "k"); !d.Allowed {
		t.Fatalf("take after RetryAfter = %+v, want allowed", d)
	}
}

func refusedIsFree(t *testing.T, s Subject) {
	rule := limit.Rule{Name: "free", N: 1, Per: 5 * time.Hour}
	take(t, s, rule, "k")
	for range 50 {
		if d := take(t, s, rule, "k"); d.Allowed || !near(d.RetryAfter, 5*time.Hour) {
			t.Fatalf("take while refused = %+v, want refused for 5 h, however often", d)
		}
	}
}

func recovers(t *testing.T, s Subject) {
	rule := limit.Rule{Name: "recover", N: 4, Per: 4 * time.Hour}
	for range 4 {
		take(t, s, rule, "k")
	}
	s.Pass(1000 * time.Hour)
	if d := take(t, s, rule, "k"); !d.Allowed || d.Remaining != 3 {
		t.Fatalf("take long after = %+v, want allowed with 3 remaining and no more", d)
	}
}

func apart(t *testing.T, s Subject) {
	one := limit.Rule{Name: "one", N: 1, Per: 5 * time.Hour}
	two := limit.Rule{Name: "two", N: 1, Per: 5 * time.Hour}
	for _, c := range []struct {
		rule limit.Rule
		key  string
	}{{one, "x"}, {one, "y"}, {two, "x"}, {one, ""}, {one, "x "}, {one, "X"}} {
		if d := take(t, s, c.rule, c.key); !d.Allowed {
			t.Errorf("first take of %s %q = %+v, want allowed", c.rule.Name, c.key, d)
		}
		if d := take(t, s, c.rule, c.key); d.Allowed {
			t.Errorf("second take of %s %q = %+v, want refused", c.rule.Name, c.key, d)
		}
	}
}

func clears(t *testing.T, s Subject) {
	rule := limit.Rule{Name: "clear", N: 2, Per: 5 * time.Hour}
	for _, key := range []string{"a", "a", "b", "b"} {
		take(t, s, rule, key)
	}
	for _, key := range []string{"a", "never used"} {
		if err := s.Limiter.Clear(context.Background(), rule, key); err != nil {
			t.Fatalf("Clear(%q): %v", key, err)
		}
	}
	if d := take(t, s, rule, "a"); !d.Allowed || d.Remaining != 1 {
		t.Errorf("take after Clear = %+v, want allowed with 1 remaining", d)
	}
	if d := take(t, s, rule, "b"); d.Allowed {
		t.Errorf("take of another key after Clear = %+v, want refused", d)
	}
}

func anyKey(t *testing.T, s Subject) {
	rule := limit.Rule{Name: "any", N: 1, Per: 5 * time.Hour}
	for _, key := range []string{"", "\x00", "a\r\nFLUSHALL\r\n", "\xff\xfe", "ключ", strings.Repeat("k", 1<<20)} {
		if d := take(t, s, rule, key); !d.Allowed {
			t.Errorf("first take of %.20q = %+v, want allowed", key, d)
		}
		if d := take(t, s, rule, key); d.Allowed {
			t.Errorf("second take of %.20q = %+v, want refused", key, d)
		}
	}
}

func refusesRules(t *testing.T, s Subject) {
	for _, rule := range []limit.Rule{
		{},
		{Name: "x", N: 0, Per: time.Hour},
		{Name: "x", N: -1, Per: time.Hour},
		{Name: "x", N: limit.MaxN + 1, Per: time.Hour},
		{Name: "x", N: 1},
		{Name: "x", N: 1, Per: -time.Hour},
		{Name: "x", N: 1, Per: limit.MaxPer + 1},
		{N: 1, Per: time.Hour},
	} {
		if d, err := s.Limiter.Take(context.Background(), rule, "k"); err == nil || d.Allowed {
			t.Errorf("Take(%+v) = %+v, %v, want an error", rule, d, err)
		}
		if err := s.Limiter.Clear(context.Background(), rule, "k"); err == nil {
			t.Errorf("Clear(%+v): got no error, want one", rule)
		}
	}
}
