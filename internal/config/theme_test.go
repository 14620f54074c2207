package config_test

import (
	"slices"
	"testing"
)

func TestTheme(t *testing.T) {
	for _, tc := range []struct {
		name, give string
		refused    bool
	}{
		{"a dark green", "THEME_COLOR=#0b6e63", false},
		{"black", "THEME_COLOR=#000000", false},
		{"a grey of contrast 4.54", "THEME_COLOR=#767676", false},
		{"a grey of contrast 4.48", "THEME_COLOR=#777777", true},
		{"yellow", "THEME_COLOR=#ffee00", true},
		{"a name", "THEME_COLOR=green", true},
		{"a rule of style", "THEME_COLOR=#fff;}*{x", true},
		{"a picture", "THEME_LOGO=/etc/sallyport/logo.SVG", false},
		{"no picture", "THEME_LOGO=/etc/passwd", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := []string{}
			if tc.refused {
				want = []string{tc.give[:slices.Index([]byte(tc.give), '=')]}
			}
			if got := names(problems(t, tc.give)); !slices.Equal(got, want) {
				t.Errorf("got problems %v, want %v", got, want)
			}
		})
	}
}
