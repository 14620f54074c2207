package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
)

type doctorCmd struct{}

// Help teaches.
func (doctorCmd) Help() string {
	return "Each line says ok, warn or FAIL, and what to do. The exit code is 1 when something fails. Nothing is made, changed or sent. Run it with the same settings as the server."
}

// check is one line of the report.
type check struct{ level, name, what, mend string }

func fine(name, what string) check          { return check{"ok", name, what, ""} }
func caution(name, what, mend string) check { return check{"warn", name, what, mend} }
func failed(name, what, mend string) check  { return check{"FAIL", name, what, mend} }

// patience bounds each room that talks to somebody.
const patience = 10 * time.Second

// doctor goes through the rooms of a run and remembers the clocks it saw.
type doctor struct {
	cfg     config.Config
	envFile string
	now     clock.Clock
	clocks  []sighting
}

// rooms are what the doctor looks at, in the order of the report. The clock comes
// last: the others tell it the time.
func (d *doctor) rooms() []func(context.Context) []check {
	return []func(context.Context) []check{
		d.settings, d.exposure, d.files, d.disk, d.database, d.redis, d.mail, d.sms, d.providers, d.passkeys, d.proxies, d.clock,
	}
}

func (doctorCmd) Run(ctx context.Context, t terminal, s settings) error {
	cfg, err := config.Load(s.environ, s.file) // not s.load: that makes the secret of a local run
	var problems config.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			report(t, failed("setting", p.Name+": "+p.What, p.Mend))
		}
		return errReported
	}
	if err != nil {
		return err
	}
	d := &doctor{cfg: cfg, envFile: s.file, now: clock.System}
	bad := false
	for _, look := range d.rooms() {
		limited, cancel := context.WithTimeout(ctx, patience)
		for _, c := range look(limited) {
			report(t, c)
			bad = bad || c.level == "FAIL"
		}
		cancel()
	}
	if bad {
		return errReported
	}
	return nil
}

func report(t terminal, c check) {
	t.printf("%-4s  %-9s  %s\n", c.level, c.name, c.what)
	if c.mend != "" {
		t.printf("                 what to do: %s\n", c.mend)
	}
}

// count writes "1 migration" or "3 migrations".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
