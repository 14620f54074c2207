package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/factor/password"
)

// files looks at the files the settings name and at who may read them.
func (d *doctor) files(context.Context) []check {
	var out []check
	if d.envFile != "" {
		for _, f := range private("env file", d.envFile) {
			if f.level == "FAIL" && d.cfg.Local() { // its secrets are those of one developer
				f.level = "warn"
			}
			out = append(out, f)
		}
	}
	if path, ok := d.cfg.Database.SQLitePath(); ok {
		out = append(out, d.dataFolder(filepath.Dir(path))...)
		out = append(out, private("data", path)...)
	}
	if d.cfg.Local() && len(d.cfg.Secrets.Keys) == 0 {
		out = append(out, private("data", filepath.Join(d.cfg.DataDir(), "secret.key"))...)
	}
	if path := d.cfg.Password.BreachedFile; path != "" {
		out = append(out, breachedFile(path))
	}
	if path := d.cfg.SMTP.TemplatesDir; path != "" {
		out = append(out, folder("templates", path))
	}
	return out
}

// dataFolder says whether the server can keep its files there.
func (d *doctor) dataFolder(dir string) []check {
	const mend = "Make the folder writable by the user the server runs as, or point DATABASE_URL elsewhere"
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []check{fine("data", dir+" is not there yet; the first start makes it")}
	case err != nil:
		return []check{failed("data", err.Error(), mend)}
	case !info.IsDir():
		return []check{failed("data", dir+" is a file, not a folder", "Point DATABASE_URL elsewhere")}
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return []check{failed("data", "no file can be made in "+dir, mend)}
	}
	_ = errors.Join(f.Close(), os.Remove(f.Name()))
	if info.Mode().Perm()&0o022 != 0 {
		return []check{caution("data", fmt.Sprintf("other users may change files in %s (mode %04o)", dir, info.Mode().Perm()), "Run chmod 700 "+dir)}
	}
	return []check{fine("data", dir+" is writable")}
}

// private fails if others may read a file that holds secrets. A file that is not
// there is no finding.
func private(name, path string) []check {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return []check{failed(name, err.Error(), "Make it readable by the user the server runs as")}
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return []check{failed(name, fmt.Sprintf("other users may read %s (mode %04o)", path, mode), "Run chmod 600 "+path)}
	}
	return []check{fine(name, path+" is readable by its owner only")}
}

// breachedFile reads the list as the server will.
func breachedFile(path string) check {
	f, err := os.Open(path)
	if err != nil {
		return failed("passwords", err.Error(), "Point PASSWORD_BREACHED_FILE to a file the server may read, or leave it out")
	}
	defer func() { _ = f.Close() }()
	if _, err := password.LoadBreached(f); err != nil {
		return failed("passwords", path+": "+err.Error(), "Give one password or one SHA-1 in hex a line")
	}
	return fine("passwords", path+" is readable")
}

func folder(name, path string) check {
	if _, err := os.ReadDir(path); err != nil {
		return failed(name, err.Error(), "Point TEMPLATES_DIR to a folder the server may read, or leave it out")
	}
	return fine(name, path+" is readable")
}
