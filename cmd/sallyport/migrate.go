package main

import (
	"context"

	"github.com/sallyport/sallyport/internal/app"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Apply every migration that is missing."`
	Down   migrateDownCmd   `cmd:"" help:"Take the latest migration back, with its data."`
	Status migrateStatusCmd `cmd:"" help:"List the migrations and which are applied."`
}

type (
	migrateUpCmd   struct{}
	migrateDownCmd struct {
		Yes bool `help:"Say that losing the data of that step is meant." required:""`
	}
	migrateStatusCmd struct{}
)

// withDatabase opens the program without migrating.
func withDatabase(ctx context.Context, s settings, f func(a *app.App) error) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	cfg.Database.AutoMigrate = false
	a, err := app.Open(ctx, cfg, app.Options{Version: version})
	if err != nil {
		return err
	}
	err = f(a)
	if closed := a.Close(); err == nil {
		err = closed
	}
	return err
}

func (migrateUpCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withDatabase(ctx, s, func(a *app.App) error {
		done, err := a.Store.MigrateUp(ctx)
		for _, m := range done {
			t.printf("applied %s\n", m.Name)
		}
		if err == nil && len(done) == 0 {
			t.printf("nothing to apply\n")
		}
		return err
	})
}

func (migrateDownCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withDatabase(ctx, s, func(a *app.App) error {
		m, err := a.Store.MigrateDown(ctx)
		if err == nil {
			t.printf("took back %s\n", m.Name)
		}
		return err
	})
}

func (migrateStatusCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withDatabase(ctx, s, func(a *app.App) error {
		all, err := a.Store.Migrations(ctx)
		for _, m := range all {
			state := "pending"
			if !m.AppliedAt.IsZero() {
				state = "applied"
			}
			t.printf("%-8s %s\n", state, m.Name)
		}
		return err
	})
}
