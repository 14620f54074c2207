package ident_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/ident"
)

func TestNew(t *testing.T) {
	before := clock.System().Truncate(time.Millisecond)
	last := ""
	for range 1000 {
		id := ident.New()
		at, ok := ident.Time(id)
		if !ident.Valid(id) || len(id) != 36 || id <= last || !ok || at.Before(before) || at.After(clock.System()) {
			t.Fatalf("got %s of %v after %s, want valid ids that sort by their time", id, at, last)
		}
		last = id
	}
}

func TestOthersAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "0190aaaa-0000-7000-8000-00000000000", "0190AAAA-0000-7000-8000-000000000000", "{0190aaaa-0000-7000-8000-000000000000}",
		"urn:uuid:0190aaaa-0000-7000-8000-000000000000", "0190aaaa000070008000000000000000", "0190aaaa-0000-7000-8000-00000000000g",
	} {
		if ident.Valid(s) {
			t.Errorf("%q: got valid, want only the canonical form", s)
		}
	}
	if at, ok := ident.Time("9b2e0f0c-6d0a-4f6e-9d6c-0a0a0a0a0a0a"); ok {
		t.Errorf("a UUIDv4: got %v, want no time", at)
	}
}
