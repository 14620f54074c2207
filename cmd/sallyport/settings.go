package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/sallyport/sallyport/internal/config"
)

type settingsCmd struct {
	All bool `help:"Show those that have their defaults too."`
}

// Help teaches.
func (settingsCmd) Help() string {
	return "One NAME=value a line, with where the value comes from; secrets are hidden. docs/settings.md says what each one does."
}

func (c settingsCmd) Run(_ context.Context, t terminal, s settings) error {
	cfg, err := config.Load(s.environ, s.file)
	if err != nil {
		return err
	}
	for _, g := range cfg.Settings() {
		shown := false
		for _, v := range g.Settings {
			if !c.All && v.Source == config.FromDefault {
				continue
			}
			if !shown {
				t.printf("# %s\n", g.Title)
				shown = true
			}
			t.printf("%s\n", strings.TrimRight(fmt.Sprintf("%-50s # %s", v.Name+"="+v.Value, v.Source), " "))
		}
	}
	return nil
}
