package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is so many tries in so much time, written "10/1m".
type Rate struct {
	N   int           // at least 1
	Per time.Duration // from 1 s to 24 h
}

// maxRate is the most tries a Rate may grant: above it a limit is none.
const maxRate = 1_000_000

// ParseRate reads "10/1m"; the 1 may be left out: "10/m".
func ParseRate(s string) (Rate, error) {
	n, per, ok := strings.Cut(s, "/")
	if !ok {
		return Rate{}, fmt.Errorf("config: rate %s has no slash", quoted(s))
	}
	count, err := strconv.Atoi(n)
	if err != nil || count < 1 || count > maxRate {
		return Rate{}, fmt.Errorf("config: rate %s: the count is not a number from 1 to %d", quoted(s), maxRate)
	}
	if per != "" && strings.Trim(per[:1], "0123456789") != "" {
		per = "1" + per
	}
	d, err := parseSpan(per)
	if err != nil || d < time.Second || d > 24*time.Hour {
		return Rate{}, fmt.Errorf("config: rate %s: the time is not a duration from 1s to 24h", quoted(s))
	}
	return Rate{N: count, Per: d}, nil
}

// String writes the rate as ParseRate reads it.
func (r Rate) String() string { return strconv.Itoa(r.N) + "/" + showSpan(r.Per) }

func rate(to *Rate) value {
	return value{
		form: `rate such as "10/1m"`,
		set: func(s string) *refusal {
			r, err := ParseRate(s)
			if err != nil {
				return refuse(quoted(s)+" is not a rate", `Write it as count/time, such as 10/1m: 1 to 1000000 tries in 1s to 24h`)
			}
			*to = r
			return nil
		},
		show: func() string { return to.String() },
	}
}
