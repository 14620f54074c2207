package app

import (
	"errors"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"strings"

	"github.com/sallyport/sallyport/internal/httpapi"
)

// maxLogo is the largest logo, in bytes.
const maxLogo = 256 << 10

// brand is how the pages look, with the logo read from its file.
func (a *App) brand(origins []string) (httpapi.Brand, error) {
	c := a.cfg.App
	b := httpapi.Brand{Name: c.Name, Color: c.ThemeColor, SignUp: a.cfg.Account.SignUp == "open", Origins: origins}
	if c.ThemeLogo == "" {
		return b, nil
	}
	var err error
	if b.Logo, err = os.ReadFile(c.ThemeLogo); err != nil {
		return b, fmt.Errorf("THEME_LOGO: %w", err)
	}
	if len(b.Logo) == 0 || len(b.Logo) > maxLogo {
		return b, errors.New("THEME_LOGO: the file is empty or larger than 256 KiB")
	}
	b.LogoType = mime.TypeByExtension(strings.ToLower(filepath.Ext(c.ThemeLogo)))
	return b, nil
}
