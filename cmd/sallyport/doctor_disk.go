package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Where the free part of a disk is too small: SQLite stops writing on a full one,
// and nobody signs in any more.
const (
	diskWarn = 1 << 30   // bytes
	diskFail = 100 << 20 // bytes
)

// disk says how much room there is for the SQLite file. The disk of another
// database is not this machine's.
func (d *doctor) disk(context.Context) []check {
	if _, lite := d.cfg.Database.SQLitePath(); !lite {
		return nil
	}
	dir := d.cfg.DataDir()
	free, total, err := space(dir)
	if err != nil {
		return []check{failed("disk", dir+": "+err.Error(), "Make the folder readable by the user the server runs as")}
	}
	return []check{room(dir, free, total)}
}

func room(dir string, free, total uint64) check {
	what := fmt.Sprintf("%s of %s free where %s is", size(free), size(total), dir)
	const mend = "Make room, or point DATABASE_URL to a larger disk: on a full one nothing can be written, and nobody signs in"
	switch {
	case free < diskFail:
		return failed("disk", what, mend)
	case free < diskWarn:
		return caution("disk", what, mend)
	}
	return fine("disk", what)
}

// space returns the bytes of the disk that dir is on, or will be on once it is
// made: free for this user, and all.
func space(dir string) (free, total uint64, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return 0, 0, err
	}
	for {
		if _, err = os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		dir = filepath.Dir(dir)
	}
	if err != nil {
		return 0, 0, err
	}
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize), nil
}

// size writes bytes as people read them: "512 MiB", "3.4 GiB".
func size(bytes uint64) string {
	if bytes < 1<<30 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}
