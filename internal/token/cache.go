package token

import (
	"crypto"
	"crypto/sha256"
	"sync"
)

// cache remembers tokens whose signature and fixed claims were found good, by
// their SHA-256, so that no token itself is kept in memory. What changes with
// time is not remembered: the verifier asks for it on every use.
//
// It holds at most two generations of half the bound each. When the young one is
// full it becomes the old one and the old one is dropped; an entry that is used
// moves to the young one. It is safe for concurrent use.
type cache struct {
	half int // entries of one generation; 0 keeps nothing

	mu         sync.RWMutex
	young, old map[[sha256.Size]byte]*verified
}

// verified is a token found good, and the key that showed it.
type verified struct {
	claims Claims
	kid    string
	public crypto.PublicKey
}

func newCache(entries int) *cache { return &cache{half: entries / 2} }

func (c *cache) get(id [sha256.Size]byte) *verified {
	c.mu.RLock()
	v, ok := c.young[id]
	if !ok {
		v = c.old[id]
	}
	c.mu.RUnlock()
	if v != nil && !ok {
		c.put(id, v)
	}
	return v
}

func (c *cache) put(id [sha256.Size]byte, v *verified) {
	if c.half == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.young) >= c.half || c.young == nil {
		c.young, c.old = make(map[[sha256.Size]byte]*verified), c.young
	}
	c.young[id] = v
}

// size is the number of entries, for metrics.
func (c *cache) size() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.young) + len(c.old)
}
