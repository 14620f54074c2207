package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/store"
)

type backupCmd struct {
	File string `arg:"" help:"Where to; it must not exist yet." type:"path"`
}

// Help teaches.
func (backupCmd) Help() string {
	return "Copies the SQLite database while the server runs; the copy is what one moment saw, and only its owner can read it. Keep SECRET_KEY and PASSWORD_PEPPER elsewhere: with them it opens everything, without them no authenticator app. A PostgreSQL database is copied with pg_dump."
}

func (c backupCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withApp(ctx, s, func(a *app.App) error {
		err := a.Store.Backup(ctx, c.File)
		switch {
		case errors.Is(err, store.ErrNoBackup):
			return errors.New("DATABASE_URL names a PostgreSQL database: copy it with pg_dump --format custom")
		case err != nil:
			return err
		}
		t.printf("copied to %s\n", c.File)
		return nil
	})
}

type restoreCmd struct {
	File string `arg:"" optional:"" help:"The copy, for SQLite. For PostgreSQL run pg_restore first, and this without a file." type:"path"`
	Yes  bool   `help:"Do it. Every session ends and every backup code is used up."`
}

// Help teaches.
func (restoreCmd) Help() string {
	return "Run it before a server is started on the restored database. A copy does not know what was used up after it was made, so whatever works once counts as used: every session ends, mail links, remembered devices and backup codes are dead, queued messages are not sent, and the signing keys are made anew. People sign in again, and make new backup codes. What was changed after the copy is as it was then: passwords, factors, roles and locks too."
}

func (c restoreCmd) Run(ctx context.Context, t terminal, s settings) error {
	if !c.Yes {
		return errors.New("this ends every session and uses every backup code up; say so with --yes")
	}
	cfg, err := s.load()
	if err != nil {
		return err
	}
	path, lite := strings.CutPrefix(cfg.Database.URL.Reveal(), "sqlite:")
	switch {
	case lite && c.File == "":
		return errors.New("name the copy to restore")
	case !lite && c.File != "":
		return errors.New("DATABASE_URL names a PostgreSQL database: run pg_restore, then this command without a file")
	case lite:
		if err := copyNew(c.File, strings.TrimPrefix(path, "//")); err != nil {
			return err
		}
	}
	return withApp(ctx, s, func(a *app.App) error {
		r, err := a.Restored(ctx, account.Operator())
		if err != nil {
			return err
		}
		t.printf("ended %d sessions; %d links and devices, %d backup codes and %d messages are used up\n", r.Sessions, r.OneTime, r.BackupCodes, r.Messages)
		return nil
	})
}

// copyNew copies a file to a place where there is none, readable by its owner
// alone. What is cut short is taken away again.
func copyNew(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: move it and the files beside it (-wal, -shm) away first", to)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.Sync(), out.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(to))
	}
	return err
}
