package password

import "fmt"

// Params is what one argon2id hash costs (RFC 9106).
type Params struct {
	MemoryKiB uint32 // memory that one hash fills, in KiB
	Time      uint32 // passes over that memory
	Threads   uint8  // lanes
}

// DefaultParams is the least that OWASP recommends for a memory of 19 MiB.
func DefaultParams() Params { return Params{MemoryKiB: 19456, Time: 2, Threads: 1} }

// Upper bounds of anything read from the database (PW-07). A hash beyond them
// is treated as a wrong password, so that nobody who can write one row can make
// the server spend gigabytes or minutes on it.
const (
	maxMemoryKiB = 256 << 10
	maxTime      = 16
	maxThreads   = 8
)

// floors are the weakest argon2id settings that OWASP calls sufficient, as
// pairs of passes and memory (PW-06): fewer passes need more memory.
var floors = []struct{ time, memoryKiB uint32 }{{1, 47104}, {2, 19456}, {3, 12288}}

// Validate refuses parameters below the floors of OWASP's password storage
// guidance or above what this package is willing to read back.
func (p Params) Validate() error {
	if err := p.bounded(); err != nil {
		return err
	}
	for _, f := range floors {
		if p.Time >= f.time && p.MemoryKiB >= f.memoryKiB {
			return nil
		}
	}
	return fmt.Errorf("password: m=%d KiB, t=%d is weaker than the least allowed: m=47104,t=1 or m=19456,t=2 or m=12288,t=3",
		p.MemoryKiB, p.Time)
}

// bounded refuses parameters outside what argon2 defines and outside the upper
// bounds. Weak but well-formed parameters pass: imported hashes may have them.
func (p Params) bounded() error {
	switch {
	case p.Threads < 1 || p.Threads > maxThreads:
		return fmt.Errorf("%w: argon2 p=%d, allowed 1 to %d", ErrOutOfBounds, p.Threads, maxThreads)
	case p.Time < 1 || p.Time > maxTime:
		return fmt.Errorf("%w: argon2 t=%d, allowed 1 to %d", ErrOutOfBounds, p.Time, maxTime)
	case p.MemoryKiB < 8*uint32(p.Threads) || p.MemoryKiB > maxMemoryKiB:
		return fmt.Errorf("%w: argon2 m=%d KiB, allowed %d to %d", ErrOutOfBounds, p.MemoryKiB, 8*p.Threads, maxMemoryKiB)
	}
	return nil
}
