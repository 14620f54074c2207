package config

import (
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// logoKinds are the pictures that THEME_LOGO may be.
var logoKinds = []string{".svg", ".png", ".jpg", ".jpeg", ".webp"}

var hexColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func (a *App) themeSettings() []Setting {
	return []Setting{
		{
			Name: "THEME_COLOR", into: text(&a.ThemeColor),
			Help: "The colour of buttons and links on the pages people see, as #rrggbb. White text must be readable on it: a contrast of 4.5 or more (WCAG 2.2, 1.4.3).",
		},
		{
			Name: "THEME_LOGO", into: text(&a.ThemeLogo),
			Help: "A picture that stands beside APP_NAME on those pages: the path of an SVG, PNG, JPEG or WebP file of at most 256 KiB.",
		},
	}
}

func (a *App) checkTheme() (ps []Problem) {
	switch {
	case a.ThemeColor == "":
	case !hexColor.MatchString(a.ThemeColor):
		ps = append(ps, Problem{"THEME_COLOR", "it is not a colour of the form #rrggbb", "Write for example #0b6e63"})
	case contrastWithWhite(a.ThemeColor) < 4.5:
		ps = append(ps, Problem{"THEME_COLOR", "white text is hard to read on it", "Choose a darker colour"})
	}
	if a.ThemeLogo != "" && !slices.Contains(logoKinds, strings.ToLower(filepath.Ext(a.ThemeLogo))) {
		ps = append(ps, Problem{"THEME_LOGO", "it is no picture by its name", "Name a file that ends in " + strings.Join(logoKinds, ", ")})
	}
	return ps
}

// contrastWithWhite is the contrast ratio of WCAG 2.2 between that colour and
// white, from 1 to 21.
func contrastWithWhite(hex string) float64 {
	weights := [3]float64{0.2126, 0.7152, 0.0722}
	luminance := 0.0
	for i, w := range weights {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil { // hexColor has seen it
			return 1
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		luminance += w * c
	}
	return 1.05 / (luminance + 0.05)
}
