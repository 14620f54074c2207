package toll

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Send is one SMS code that wants to leave.
type Send struct {
	ID       string // names the send; the code's own name
	Number   int64  // E.164 without the plus
	Country  string // ISO 3166-1 alpha-2 of the number
	UserID   string
	IPPrefix string // the client's address as limits count it; empty: none
	// Known is set for a number that its user confirmed before. The signs of
	// pumping are not looked at then: strangers in the neighbourhood must not lock
	// a user out.
	Known bool
	At    time.Time
}

// NumberOf returns an E.164 number as Send.Number has it, 0 for anything else.
func NumberOf(e164 string) int64 {
	digits, ok := strings.CutPrefix(e164, "+")
	if !ok || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Rate is at most N sends in any window of length Per.
type Rate struct {
	N   int
	Per time.Duration
}

// AnyCountry in Budget.Countries allows every country.
const AnyCountry = "*"

// Budget is what the operator allows.
type Budget struct {
	Countries []string // ISO 3166-1 alpha-2, or AnyCountry; empty: none
	Number    []Rate   // all of them hold
	Account   Rate
	IP        Rate
	All       Rate
}

// Serves reports whether SMS may go to numbers of that country.
func (b Budget) Serves(country string) bool {
	return slices.Contains(b.Countries, AnyCountry) || slices.Contains(b.Countries, country)
}

// The figures of the signs of pumping. They are ours; OT-07 names the signs.
const (
	signWindow = 24 * time.Hour
	// maxCountries is how many countries one client address may send to.
	maxCountries = 5
	// A block is the numbers that differ in the last four digits. Where codes to
	// so many numbers of one had the time to be typed and were typed for less than
	// one in five, the block is refused.
	blockSize    = 10_000
	blockNumbers = 10
	typingTime   = 10 * time.Minute
	// A run is so many numbers without a typed code this near to another.
	runReach   = 10
	runNumbers = 5
	// breakerRest is how long the breaker stays open.
	breakerRest = time.Hour
	// signRest is what a caller is told to wait after a sign of pumping.
	signRest = time.Hour
)

// Reason is why a send was refused, for metrics, the audit log and callers.
type Reason string

// The reasons.
const (
	Allowed   Reason = ""
	Country   Reason = "country"    // not on the operator's list
	Breaker   Reason = "breaker"    // the whole budget is used up
	PerNumber Reason = "number"     // too many to this number
	PerUser   Reason = "account"    // too many by this account
	PerIP     Reason = "ip"         // too many from this address
	Scattered Reason = "countries"  // one address, many countries
	Untyped   Reason = "untyped"    // a block whose codes nobody types
	Sequence  Reason = "sequential" // a run of neighbouring numbers
)

// Pumping reports whether the reason is a sign of fraud rather than of haste.
func (r Reason) Pumping() bool { return r == Scattered || r == Untyped || r == Sequence }

// Verdict is what Judge says.
type Verdict struct {
	Reason Reason
	// Wait is how long until the same send may be allowed; zero: waiting does not
	// help.
	Wait time.Duration
	// Trip is set when the breaker opens with this verdict, until BreakerUntil.
	Trip         bool
	BreakerUntil time.Time
}

// Key is by what past sends are counted.
type Key int

// The keys.
const (
	ByNumber Key = iota
	ByUser
	ByIP
	ByAll
)

// Book is the record of past sends. What it says must hold until the send that
// is judged was entered.
type Book interface {
	// Nth returns when the nth newest send (from 1) after since with the same key
	// left; the zero time where there are fewer.
	Nth(ctx context.Context, by Key, s Send, n int, since time.Time) (time.Time, error)
	// Countries returns the countries that client address sent to after since.
	Countries(ctx context.Context, ipPrefix string, since time.Time) ([]string, error)
	// Numbers counts the different numbers from low to high that were sent to
	// after since and not after until, and those of them whose code was typed.
	Numbers(ctx context.Context, low, high int64, since, until time.Time) (sent, typed int, err error)
	// BreakerUntil returns until when the breaker is open; zero: never opened.
	BreakerUntil(ctx context.Context) (time.Time, error)
}

// Judge decides about one send. An error of the book means that nobody could
// decide, and the send is refused (OP-09).
func (b Budget) Judge(ctx context.Context, book Book, s Send) (Verdict, error) {
	if s.Number <= 0 || !b.Serves(s.Country) {
		return Verdict{Reason: Country}, nil
	}
	until, err := book.BreakerUntil(ctx)
	if err != nil {
		return Verdict{}, err
	}
	if s.At.Before(until) {
		return Verdict{Reason: Breaker, Wait: until.Sub(s.At), BreakerUntil: until}, nil
	}
	for _, check := range []func(context.Context, Book, Send) (Verdict, error){b.rates, b.signs, b.whole} {
		if v, err := check(ctx, book, s); err != nil || v.Reason != Allowed {
			return v, err
		}
	}
	return Verdict{}, nil
}

// rates holds the budgets of number, account and address.
func (b Budget) rates(ctx context.Context, book Book, s Send) (Verdict, error) {
	type limit struct {
		by     Key
		rate   Rate
		reason Reason
	}
	var limits []limit
	for _, r := range b.Number {
		limits = append(limits, limit{ByNumber, r, PerNumber})
	}
	limits = append(limits, limit{ByUser, b.Account, PerUser})
	if s.IPPrefix != "" {
		limits = append(limits, limit{ByIP, b.IP, PerIP})
	}
	var worst Verdict
	for _, l := range limits {
		wait, err := l.rate.wait(ctx, book, l.by, s)
		if err != nil {
			return Verdict{}, err
		}
		if wait > worst.Wait {
			worst = Verdict{Reason: l.reason, Wait: wait}
		}
	}
	return worst, nil
}

// wait returns how long until the rate allows s; zero: now.
func (r Rate) wait(ctx context.Context, book Book, by Key, s Send) (time.Duration, error) {
	at, err := book.Nth(ctx, by, s, r.N, s.At.Add(-r.Per))
	if err != nil || at.IsZero() {
		return 0, err
	}
	return max(at.Add(r.Per).Sub(s.At), time.Second), nil
}

// whole holds the budget of the server and trips the breaker.
func (b Budget) whole(ctx context.Context, book Book, s Send) (Verdict, error) {
	wait, err := b.All.wait(ctx, book, ByAll, s)
	if err != nil || wait == 0 {
		return Verdict{}, err
	}
	return Verdict{Reason: Breaker, Wait: breakerRest, Trip: true, BreakerUntil: s.At.Add(breakerRest)}, nil
}

// signs looks for pumping (OT-07).
func (b Budget) signs(ctx context.Context, book Book, s Send) (Verdict, error) {
	if s.Known {
		return Verdict{}, nil
	}
	since := s.At.Add(-signWindow)
	if s.IPPrefix != "" {
		seen, err := book.Countries(ctx, s.IPPrefix, since)
		if err != nil {
			return Verdict{}, err
		}
		if !slices.Contains(seen, s.Country) && len(seen) >= maxCountries {
			return Verdict{Reason: Scattered, Wait: signRest}, nil
		}
	}
	low := s.Number - s.Number%blockSize
	sent, typed, err := book.Numbers(ctx, low, low+blockSize-1, since, s.At.Add(-typingTime))
	if err != nil {
		return Verdict{}, err
	}
	if sent >= blockNumbers && typed*5 < sent {
		return Verdict{Reason: Untyped, Wait: signRest}, nil
	}
	sent, typed, err = book.Numbers(ctx, s.Number-runReach, s.Number+runReach, since, s.At)
	if err != nil {
		return Verdict{}, err
	}
	if sent-typed >= runNumbers {
		return Verdict{Reason: Sequence, Wait: signRest}, nil
	}
	return Verdict{}, nil
}
