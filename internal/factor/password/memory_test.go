package password_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/factor/password"
)

// memoryChild makes the test binary measure instead of test.
const memoryChild = "PASSWORD_MEMORY_CHILD"

// TestPeakMemory runs hashes in a process of its own, whose heap has held nothing
// else, and asks how far that heap grew: HeapSys never shrinks, so it is the
// peak.
func TestPeakMemory(t *testing.T) {
	if os.Getenv(memoryChild) != "" {
		measurePeak(t)
		return
	}
	t.Run("PW-08 the heap grows by N hashes and not by their garbage", func(t *testing.T) {
		child := exec.Command(os.Args[0], "-test.run=^TestPeakMemory$", "-test.v")
		child.Env = append(os.Environ(), memoryChild+"=1")
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("child: %v\n%s", err, out)
		}
		_, text, _ := strings.Cut(string(out), "grown by ")
		var grown, concurrent uint64
		if _, err := fmt.Sscanf(text, "%d KiB with %d", &grown, &concurrent); err != nil {
			t.Fatalf("child said: %s", out)
		}
		m := uint64(password.DefaultParams().MemoryKiB)
		// The margin is for blocks that do not fit where the last one lay because
		// something small has settled there: now and then one, hardly ever two.
		// Without the reclaimer the heap grows by twice the hashes.
		if limit := concurrent*m + 2*m + m/2; grown > limit {
			t.Errorf("heap grew by %d KiB, want at most %d (%d hashes of %d KiB and a margin)", grown, limit, concurrent, m)
		}
	})
}

func measurePeak(t *testing.T) {
	const concurrent, requests = 4, 60
	h := newHasher(t, password.Options{Concurrent: concurrent, Queue: requests, Wait: 1 << 40})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var all sync.WaitGroup
	for range requests {
		all.Go(func() {
			if err := h.Spend(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	runtime.ReadMemStats(&after)
	t.Logf("grown by %d KiB with %d at once", (after.HeapSys-before.HeapSys)>>10, concurrent)
}

// TestCheckHoldsNoHeap holds that judging a password leaves nothing behind that
// every garbage collection, and so every hash, would have to mark again.
func TestCheckHoldsNoHeap(t *testing.T) {
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := live()
	for _, text := range []string{good, "passwordpassword", "kettle1987qwerty", "1qaz2wsx3edc4rf", strings.Repeat("é", 300)} {
		_ = alone.Check(text, "alex.johnson@example.org")
	}
	if after := live(); after > before+32<<10 {
		t.Errorf("live heap grew by %d bytes, want 32768 at most", after-before)
	}
}
