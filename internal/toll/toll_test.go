package toll_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/toll"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// book keeps sends in memory.
type book struct {
	sends  []toll.Send
	typed  map[int64]bool
	until  time.Time
	broken error
}

func (b *book) match(by toll.Key, s, past toll.Send) bool {
	switch by {
	case toll.ByNumber:
		return past.Number == s.Number
	case toll.ByUser:
		return past.UserID == s.UserID
	case toll.ByIP:
		return past.IPPrefix == s.IPPrefix
	default:
		return true
	}
}

func (b *book) Nth(_ context.Context, by toll.Key, s toll.Send, n int, since time.Time) (time.Time, error) {
	for _, past := range slices.Backward(b.sends) {
		if past.At.After(since) && b.match(by, s, past) {
			if n--; n == 0 {
				return past.At, b.broken
			}
		}
	}
	return time.Time{}, b.broken
}

func (b *book) Countries(_ context.Context, ip string, since time.Time) ([]string, error) {
	var out []string
	for _, past := range b.sends {
		if past.IPPrefix == ip && past.At.After(since) && !slices.Contains(out, past.Country) {
			out = append(out, past.Country)
		}
	}
	return out, b.broken
}

func (b *book) Numbers(_ context.Context, low, high int64, since, until time.Time) (sent, typed int, err error) {
	seen := map[int64]bool{}
	for _, past := range b.sends {
		if past.Number < low || past.Number > high || !past.At.After(since) || past.At.After(until) || seen[past.Number] {
			continue
		}
		seen[past.Number] = true
		sent++
		if b.typed[past.Number] {
			typed++
		}
	}
	return sent, typed, b.broken
}

func (b *book) BreakerUntil(context.Context) (time.Time, error) { return b.until, b.broken }

// budget holds the figures of OT-06.
func budget() toll.Budget {
	return toll.Budget{
		Countries: []string{toll.AnyCountry},
		Number:    []toll.Rate{{1, time.Minute}, {5, time.Hour}, {10, 24 * time.Hour}},
		Account:   toll.Rate{10, time.Hour}, IP: toll.Rate{10, time.Hour}, All: toll.Rate{1000, 24 * time.Hour},
	}
}

// ask judges s and enters it if it is allowed.
func (b *book) ask(t *testing.T, limits toll.Budget, s toll.Send) toll.Verdict {
	t.Helper()
	v, err := limits.Judge(t.Context(), b, s)
	if err != nil {
		t.Fatal(err)
	}
	if v.Reason == toll.Allowed {
		b.sends = append(b.sends, s)
	}
	if v.Trip {
		b.until = v.BreakerUntil
	}
	return v
}

func want(t *testing.T, what string, got toll.Verdict, reason toll.Reason, wait time.Duration) {
	t.Helper()
	if got.Reason != reason || got.Wait != wait {
		t.Errorf("%s: got %q wait %v, want %q wait %v", what, got.Reason, got.Wait, reason, wait)
	}
}

func send(number int64, user, ip string, at time.Time) toll.Send {
	return toll.Send{Number: number, Country: "GB", UserID: user, IPPrefix: ip, At: at}
}

func TestBudgets(t *testing.T) {
	t.Run("OT-06 one a minute to a number", func(t *testing.T) {
		b := &book{}
		want(t, "first", b.ask(t, budget(), send(447400123456, "u", "ip", noon)), toll.Allowed, 0)
		want(t, "59 s later", b.ask(t, budget(), send(447400123456, "v", "jp", noon.Add(59*time.Second))), toll.PerNumber, time.Second)
		want(t, "60 s later", b.ask(t, budget(), send(447400123456, "v", "jp", noon.Add(time.Minute))), toll.Allowed, 0)
	})
	t.Run("OT-06 five an hour and ten a day to a number", func(t *testing.T) {
		b, at := &book{}, noon
		for i := range 10 {
			if i == 5 {
				want(t, "sixth in the hour", b.ask(t, budget(), send(447400123456, "u", "", at)), toll.PerNumber, 55*time.Minute)
				at = noon.Add(time.Hour)
			}
			want(t, "within", b.ask(t, budget(), send(447400123456, "u", "", at)), toll.Allowed, 0)
			at = at.Add(time.Minute)
		}
		want(t, "eleventh in the day", b.ask(t, budget(), send(447400123456, "u", "", noon.Add(20*time.Hour))), toll.PerNumber, 4*time.Hour)
		want(t, "next day", b.ask(t, budget(), send(447400123456, "u", "", noon.Add(24*time.Hour))), toll.Allowed, 0)
	})
	for _, tc := range []struct {
		name   string
		change func(*toll.Send, int)
		reason toll.Reason
	}{
		{"OT-06 ten an hour by an account", func(s *toll.Send, i int) { s.UserID, s.IPPrefix = "u", string(rune('a'+i)) }, toll.PerUser},
		{"OT-06 ten an hour from an address", func(s *toll.Send, i int) { s.UserID, s.IPPrefix = string(rune('a'+i)), "ip" }, toll.PerIP},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := &book{}
			for i := range 11 {
				s := send(447400000000+int64(i)*100_000, "", "", noon.Add(time.Duration(i)*time.Minute))
				tc.change(&s, i)
				v := b.ask(t, budget(), s)
				if i < 10 {
					want(t, "within", v, toll.Allowed, 0)
				} else {
					want(t, "eleventh", v, tc.reason, 50*time.Minute)
				}
			}
		})
	}
	t.Run("OT-06 countries", func(t *testing.T) {
		limits := budget()
		limits.Countries = []string{"US", "CA"}
		want(t, "not listed", (&book{}).ask(t, limits, send(447400123456, "u", "ip", noon)), toll.Country, 0)
		s := send(14155550132, "u", "ip", noon)
		s.Country = "US"
		want(t, "listed", (&book{}).ask(t, limits, s), toll.Allowed, 0)
		limits.Countries = nil
		want(t, "no list", (&book{}).ask(t, limits, s), toll.Country, 0)
	})
}

func TestBreaker(t *testing.T) {
	limits := budget()
	limits.All = toll.Rate{3, 24 * time.Hour}
	b := &book{}
	at := func(i int) toll.Send {
		return send(447400000000+int64(i)*100_000, string(rune('a'+i)), string(rune('a'+i)), noon.Add(time.Duration(i)*time.Minute))
	}
	for i := range 3 {
		want(t, "within", b.ask(t, limits, at(i)), toll.Allowed, 0)
	}
	v := b.ask(t, limits, at(3))
	want(t, "OT-06 the budget of the server", v, toll.Breaker, time.Hour)
	if !v.Trip || !v.BreakerUntil.Equal(noon.Add(time.Hour+3*time.Minute)) {
		t.Errorf("OT-06 trip: got %+v, want the breaker open for an hour", v)
	}
	known := at(4)
	known.Known = true
	v = b.ask(t, limits, known)
	want(t, "OT-06 while it is open", v, toll.Breaker, 59*time.Minute)
	if v.Trip {
		t.Error("OT-06 an open breaker: got tripped again, want the alarm once")
	}
	again := at(5)
	again.At = noon.Add(2 * time.Hour)
	if v = b.ask(t, limits, again); !v.Trip {
		t.Errorf("OT-06 still over after the rest: got %+v, want tripped again", v)
	}
	again.At = noon.Add(25 * time.Hour)
	want(t, "OT-06 next day", b.ask(t, limits, again), toll.Allowed, 0)
}

func TestPumping(t *testing.T) {
	wide := budget()
	wide.Account, wide.IP = toll.Rate{1000, time.Hour}, toll.Rate{1000, time.Hour}
	t.Run("OT-07 many countries from one address", func(t *testing.T) {
		b := &book{}
		for i, c := range []string{"GB", "FR", "DE", "IT", "ES", "SE"} {
			s := send(400_000_000_000+int64(i)*1_000_000, "u", "ip", noon.Add(time.Duration(i)*time.Minute))
			s.Country = c
			reason, wait := toll.Allowed, time.Duration(0)
			if i == 5 {
				reason, wait = toll.Scattered, time.Hour
			}
			want(t, c, b.ask(t, wide, s), reason, wait)
		}
		s := send(400_000_000_001, "u", "ip", noon.Add(time.Hour))
		want(t, "a country seen before", b.ask(t, wide, s), toll.Allowed, 0)
		s.Number, s.Country, s.Known = 400_000_100_000, "SE", true
		want(t, "a number its user confirmed", b.ask(t, wide, s), toll.Allowed, 0)
	})
	t.Run("OT-07 a block whose codes nobody types", func(t *testing.T) {
		for _, tc := range []struct {
			typed  int
			reason toll.Reason
		}{{0, toll.Untyped}, {1, toll.Untyped}, {2, toll.Allowed}} {
			b := &book{typed: map[int64]bool{}}
			for i := range 10 {
				n := 447400120000 + int64(i)*500
				want(t, "fill", b.ask(t, wide, send(n, "u", "", noon.Add(time.Duration(i)*time.Second))), toll.Allowed, 0)
				b.typed[n] = i < tc.typed
			}
			soon := b.ask(t, wide, send(447400129999, "u", "", noon.Add(5*time.Minute)))
			want(t, "before anybody had the time to type", soon, toll.Allowed, 0)
			b.sends = b.sends[:10]
			if v := b.ask(t, wide, send(447400129999, "u", "", noon.Add(11*time.Minute))); v.Reason != tc.reason {
				t.Errorf("%d of 10 typed: got %q, want %q", tc.typed, v.Reason, tc.reason)
			}
			want(t, "the next block", b.ask(t, wide, send(447400130000, "u", "", noon.Add(11*time.Minute))), toll.Allowed, 0)
		}
	})
	t.Run("OT-07 neighbouring numbers", func(t *testing.T) {
		b := &book{typed: map[int64]bool{}}
		for i := range 5 {
			want(t, "few", b.ask(t, wide, send(447400123450+int64(i), "u", "", noon.Add(time.Duration(i)*time.Second))), toll.Allowed, 0)
		}
		want(t, "a run", b.ask(t, wide, send(447400123455, "u", "", noon.Add(time.Minute))), toll.Sequence, time.Hour)
		want(t, "far enough", b.ask(t, wide, send(447400123470, "u", "", noon.Add(time.Minute))), toll.Allowed, 0)
		b.typed[447400123451] = true
		want(t, "one was typed", b.ask(t, wide, send(447400123455, "u", "", noon.Add(time.Minute))), toll.Allowed, 0)
	})
	for _, r := range []toll.Reason{toll.Scattered, toll.Untyped, toll.Sequence} {
		if !r.Pumping() {
			t.Errorf("OT-07 %s: got no sign of pumping, want one", r)
		}
	}
	if toll.PerNumber.Pumping() {
		t.Error("haste: got a sign of pumping, want none")
	}
}

func TestBrokenBookRefuses(t *testing.T) {
	b := &book{broken: errors.New("no answer")}
	if _, err := budget().Judge(t.Context(), b, send(447400123456, "u", "ip", noon)); err == nil {
		t.Error("OP-09: got a verdict without a book, want an error")
	}
}

func TestNumberOf(t *testing.T) {
	for text, number := range map[string]int64{
		"+447400123456": 447400123456, "447400123456": 0, "+44 7400": 0, "+": 0, "": 0, "+1234567890123456": 0, "+٤٤": 0, "+-4": 0,
	} {
		if got := toll.NumberOf(text); got != number {
			t.Errorf("OT-08 %q: got %d, want %d", text, got, number)
		}
	}
}
