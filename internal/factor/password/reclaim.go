package password

import (
	"runtime"
	"runtime/metrics"
	"sync"
)

// reclaimer keeps the garbage of finished hashes small.
//
// argon2 takes a fresh block of memory for every hash, 19 MiB by default, and
// leaves it to the garbage collector. The collector's own pace counts the blocks
// in use as part of the live heap and lets the heap grow to twice that, so N
// concurrent hashes would hold about twice N×m. The reclaimer asks for a
// collection as soon as the hashes' garbage outgrows what the rest of the
// program has live. A small program then stays at base + N×m (PW-08), and memory
// that is used again need not be faulted in again. In a large one, where a
// collection is costly, many hashes share it.
//
// The ballast is as large as one block and never touched, so it is never resident.
// The collector takes it for live and lets the heap grow by so much more before it
// starts by itself: a hash then meets one collection, at its end, and none in the
// middle.
type reclaimer struct {
	ballast []byte

	mu      sync.Mutex
	garbage uint64 // bytes left by hashes since the collection numbered cycle
	cycle   uint64
}

// freed records that a hash of that many bytes has ended while hashes of about
// inUse bytes, itself included, held permits. It may run a collection, which is
// why it is called before the permit is given back and after the result is
// delivered.
func (r *reclaimer) freed(bytes, inUse uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	cycle, live := heapState()
	if cycle != r.cycle {
		r.garbage, r.cycle = 0, cycle
	}
	r.garbage += bytes
	rest := live - min(live, inUse+uint64(len(r.ballast)))
	if r.garbage < max(rest, leastGarbage) {
		return
	}
	runtime.GC()
	r.garbage = 0
	r.cycle, _ = heapState()
}

// leastGarbage is too little to collect for: many cheap jobs, such as imported
// bcrypt hashes, share one collection.
const leastGarbage = 8 << 20

// heapState returns the number of collections so far and the bytes that the
// last one found live.
func heapState() (cycle, live uint64) {
	s := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64(), s[1].Value.Uint64()
}
