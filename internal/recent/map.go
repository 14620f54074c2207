package recent

import "sync"

// Map holds at most two generations of half its bound each. When the young one is
// full it becomes the old one and the old one is dropped; a value that is used
// moves to the young one. It is safe for concurrent use.
type Map[K comparable, V any] struct {
	half int // values of one generation; 0 keeps nothing

	mu         sync.RWMutex
	young, old map[K]V
}

// New returns an empty map that holds up to so many values; below 2, none.
func New[K comparable, V any](bound int) *Map[K, V] { return &Map[K, V]{half: bound / 2} }

// Get returns the value of k, if it is still held.
func (m *Map[K, V]) Get(k K) (v V, ok bool) {
	m.mu.RLock()
	v, young := m.young[k]
	ok = young
	if !young {
		v, ok = m.old[k]
	}
	m.mu.RUnlock()
	if ok && !young {
		m.Put(k, v)
	}
	return v, ok
}

// Put holds v for k from now on.
func (m *Map[K, V]) Put(k K, v V) {
	if m.half == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.young) >= m.half || m.young == nil {
		m.young, m.old = make(map[K]V), m.young
	}
	m.young[k] = v
}

// Forget drops the value of k.
func (m *Map[K, V]) Forget(k K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.young, k)
	delete(m.old, k)
}

// Clear drops all values.
func (m *Map[K, V]) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.young, m.old = nil, nil
}

// Len is the number of values held, for metrics.
func (m *Map[K, V]) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.young) + len(m.old)
}
