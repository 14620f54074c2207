package config_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
)

func TestParseRate(t *testing.T) {
	for _, tc := range []struct {
		give string
		want config.Rate
		show string
	}{
		{"10/1m", config.Rate{N: 10, Per: time.Minute}, "10/1m"},
		{"5/h", config.Rate{N: 5, Per: time.Hour}, "5/1h"},
		{"1/24h", config.Rate{N: 1, Per: 24 * time.Hour}, "1/24h"},
		{"3/1d", config.Rate{N: 3, Per: 24 * time.Hour}, "3/24h"},
		{"1000000/90s", config.Rate{N: 1_000_000, Per: 90 * time.Second}, "1000000/1m30s"},
	} {
		t.Run("RL-13 "+tc.give, func(t *testing.T) {
			got, err := config.ParseRate(tc.give)
			if err != nil || got != tc.want || got.String() != tc.show {
				t.Errorf("got %v, %v; want %v", got, err, tc.show)
			}
		})
	}
	for _, bad := range []string{"", "/", "10", "10/", "/1m", "-1/1m", "+1/1m ", "1.5/1m", "10/1m/1m", "10/0s", "10/-1m", "10/25h", "10 /1m", "１０/1m"} {
		t.Run("RL-13 refused "+bad, func(t *testing.T) {
			if got, err := config.ParseRate(bad); err == nil {
				t.Errorf("got %v, want an error", got)
			}
		})
	}
}

func FuzzParseRate(f *testing.F) {
	for _, seed := range []string{"10/1m", "5/h", "3/1d", "/", "1/1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := config.ParseRate(s)
		if err != nil {
			return
		}
		if r.N < 1 || r.Per < time.Second || r.Per > 24*time.Hour {
			t.Errorf("%q gave %+v, out of bounds", s, r)
		}
		if again, err := config.ParseRate(r.String()); err != nil || again != r {
			t.Errorf("%q shows as %q, which reads as %v, %v", s, r, again, err)
		}
	})
}

// FuzzSetting gives any text to any setting: loading must not fail in another
// way than by Problems, and what is accepted must be accepted again as shown.
func FuzzSetting(f *testing.F) {
	var c config.Config
	var rows []config.Setting
	for _, g := range c.Settings() {
		rows = append(rows, g.Settings...)
	}
	for i, s := range rows {
		f.Add(i, s.Default)
		f.Add(i, "https://example.org:443/a?b#c, ::ffff:1.2.3.4/99")
	}
	f.Fuzz(func(t *testing.T, i int, text string) {
		row := rows[uint(i)%uint(len(rows))]
		c, err := config.Load([]string{row.Name + "=" + text}, "")
		var ps config.Problems
		if err != nil && !errors.As(err, &ps) {
			t.Fatalf("%s=%q: got %T, want Problems", row.Name, text, err)
		}
		if err != nil || row.Secret || strings.Contains(shown(c, row.Name), "hidden") {
			return
		}
		show := shown(c, row.Name)
		again, err := config.Load([]string{row.Name + "=" + show}, "")
		if err != nil || shown(again, row.Name) != show {
			t.Errorf("%s=%q shows as %q, which shows as %q, %v", row.Name, text, show, shown(again, row.Name), err)
		}
	})
}
