package ident

import (
	"time"

	"github.com/google/uuid"
)

// New returns a fresh UUIDv7 in its canonical text form, 36 characters.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Valid reports whether s is a UUID in canonical text form.
func Valid(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}

// Time returns the instant inside a UUIDv7, to the millisecond; ok is false for
// any other text.
func Time(s string) (t time.Time, ok bool) {
	id, err := uuid.Parse(s)
	if err != nil || id.Version() != 7 {
		return time.Time{}, false
	}
	ms := int64(id[0])<<40 | int64(id[1])<<32 | int64(id[2])<<24 | int64(id[3])<<16 | int64(id[4])<<8 | int64(id[5])
	return time.UnixMilli(ms).UTC(), true
}
