package recent_test

import (
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/recent"
)

func TestMap(t *testing.T) {
	t.Run("what is put is there until it is forgotten", func(t *testing.T) {
		m := recent.New[string, int](10)
		m.Put("a", 1)
		if got, ok := m.Get("a"); !ok || got != 1 {
			t.Errorf("got %d %t, want 1 true", got, ok)
		}
		m.Forget("a")
		if got, ok := m.Get("a"); ok {
			t.Errorf("after Forget: got %d, want nothing", got)
		}
	})
	t.Run("the bound holds, and what is used stays", func(t *testing.T) {
		m := recent.New[int, int](10)
		m.Put(-1, -1)
		for i := range 1000 {
			m.Put(i, i)
			if _, ok := m.Get(-1); !ok {
				t.Fatalf("after %d others: the value in use is gone", i)
			}
			if got := m.Len(); got > 10 {
				t.Fatalf("after %d others: got %d values, want at most 10", i, got)
			}
		}
		if _, ok := m.Get(0); ok {
			t.Error("the first of 1000 others: got it, want it dropped")
		}
	})
	t.Run("forgetting reaches the old generation", func(t *testing.T) {
		m := recent.New[int, int](4)
		for i := range 3 {
			m.Put(i, i)
		}
		m.Forget(0)
		if _, ok := m.Get(0); ok {
			t.Error("got a forgotten value")
		}
	})
	t.Run("Clear drops all", func(t *testing.T) {
		m := recent.New[int, int](4)
		for i := range 4 {
			m.Put(i, i)
		}
		m.Clear()
		if got := m.Len(); got != 0 {
			t.Errorf("got %d values, want 0", got)
		}
	})
	t.Run("without room nothing is kept", func(t *testing.T) {
		m := recent.New[int, int](0)
		m.Put(1, 1)
		if _, ok := m.Get(1); ok {
			t.Error("got a value, want none")
		}
	})
}

func TestMapAtOnce(t *testing.T) {
	m := recent.New[int, int](8)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 1000 {
				m.Put(i%16, i%16)
				if got, ok := m.Get(w); ok && got != w {
					t.Errorf("got %d for %d", got, w)
				}
				m.Forget(i % 5)
			}
		})
	}
	wg.Wait()
}
