package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
)

// version is set by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal drains, a second one ends the program at once
	code := run(ctx, os.Args[1:], terminal{os.Stdin, os.Stdout, os.Stderr}, os.Environ())
	stop()
	os.Exit(code)
}

// terminal is where a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

func (t terminal) printf(format string, args ...any) { _, _ = fmt.Fprintf(t.out, format, args...) }

// commands is the command line.
type commands struct {
	EnvFile string `name:"env-file" help:"Read settings from this file; the environment wins over it." type:"path" placeholder:"FILE"`

	Serve    serveCmd    `cmd:"" help:"Run the server."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database's tables up to date, or take the last step back."`
	Backup   backupCmd   `cmd:"" help:"Copy the SQLite database while the server runs."`
	Restore  restoreCmd  `cmd:"" help:"Put a copy back, with everything that works once used up."`
	User     userCmd     `cmd:"" help:"Add, list, lock and help people."`
	Key      keyCmd      `cmd:"" help:"List and rotate the keys that sign access tokens; make service keys."`
	Audit    auditCmd    `cmd:"" help:"Verify the audit log."`
	Outbox   outboxCmd   `cmd:"" help:"List, retry and drop messages that could not be delivered."`
	Message  messageCmd  `cmd:"" help:"Look at the words of messages before anybody gets them."`
	Doctor   doctorCmd   `cmd:"" help:"Check settings, files, database, Redis, mail, SMS, passkeys, proxies and clock, and say what to do."`
	Health   healthCmd   `cmd:"" help:"Ask the server that runs here whether it can work; for health checks."`
	Settings settingsCmd `cmd:"" help:"Show the settings in force, secrets hidden."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// run is the program: tests call it as main does. It returns the exit code: 0
// done, 1 failed, 2 the command line cannot be read.
func run(ctx context.Context, args []string, t terminal, environ []string) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("sallyport"), kong.Writers(t.out, t.err), kong.Exit(func(code int) { exited = code }),
		kong.Description("Authentication for your own application: sign-in, second factors, tokens, and WebSockets that close when the session ends.\n\nSettings come from the environment or --env-file; docs/settings.md lists them all. `sallyport serve` starts with none."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		_, _ = fmt.Fprintln(t.err, err)
		return 1
	}
	k, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		parser.FatalIfErrorf(err)
		return 2
	}
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(t, settings{environ: environ, file: c.EnvFile, cmd: k.Command()}); err != nil {
		if !errors.Is(err, errReported) {
			_, _ = fmt.Fprintln(t.err, "sallyport: "+err.Error())
		}
		return 1
	}
	return 0
}

// errReported ends a command that has already said what is wrong.
var errReported = errors.New("reported")

// settings reads the configuration when a command asks for it.
type settings struct {
	environ []string
	file    string
	cmd     string
}

func (s settings) load() (config.Config, error) {
	cfg, err := config.Load(s.environ, s.file)
	if err != nil {
		return cfg, err
	}
	_, err = cfg.UseLocalSecret()
	return cfg, err
}

// open builds the program for a command that works on the database directly.
func (s settings) open(ctx context.Context) (*app.App, error) {
	cfg, err := s.load()
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, cfg, app.Options{Version: version})
}
