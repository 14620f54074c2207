package main

import (
	"context"
	"log/slog"
	"net"
	"runtime/debug"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
)

type serveCmd struct{}

// Help teaches.
func (serveCmd) Help() string {
	return "Starts on SQLite in ./data with nothing installed; mail and SMS of a local run are printed here and shown at /dev/inbox. The first start prints a one-time link that makes the first administrator.\n\nExample: PUBLIC_URL=https://auth.example.com DATABASE_URL=postgres://… sallyport serve"
}

func (serveCmd) Run(ctx context.Context, t terminal, s settings) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	log := logger(t, cfg.Log)
	for _, name := range cfg.Unknown {
		log.WarnContext(ctx, "the env file sets a variable that is no setting", "name", name)
	}
	a, err := app.Open(ctx, cfg, app.Options{Version: version, Terminal: t.out, Log: log})
	if err != nil {
		return err
	}
	link := ""
	if err = a.CheckTables(ctx); err == nil {
		link, err = a.SetupLink(ctx)
	}
	if err == nil {
		err = a.Serve(ctx, func(addr net.Addr) {
			greet(t, cfg, addr, link)
			go debug.FreeOSMemory() // what only the start needed goes back
		})
	}
	if closed := a.Close(); err == nil {
		err = closed
	}
	return err
}

// greet prints what a person needs next.
func greet(t terminal, cfg config.Config, addr net.Addr, link string) {
	t.printf("%s %s is ready at %s (listening on %s)\n", cfg.App.Name, version, cfg.App.PublicURL, addr)
	t.printf("  API reference      %s/docs\n", cfg.App.PublicURL)
	if cfg.DevInbox() {
		t.printf("  mail and SMS       %s/dev/inbox\n", cfg.App.PublicURL)
	}
	if link != "" {
		t.printf("  first administrator, within 30 minutes, once:\n  %s\n", link)
	}
}

func logger(t terminal, c config.Log) *slog.Logger {
	levels := map[config.LogLevel]slog.Level{
		config.LogDebug: slog.LevelDebug, config.LogInfo: slog.LevelInfo, config.LogWarn: slog.LevelWarn, config.LogError: slog.LevelError,
	}
	o := &slog.HandlerOptions{Level: levels[c.Level]}
	if c.Format == config.LogText {
		return slog.New(slog.NewTextHandler(t.err, o))
	}
	return slog.New(slog.NewJSONHandler(t.err, o))
}
