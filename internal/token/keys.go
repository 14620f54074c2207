package token

import (
	"cmp"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Keys is the node's set of signing keys. Replace swaps the whole set at once
// while tokens are signed and verified; the zero value is an empty set. It is
// safe for concurrent use.
type Keys struct {
	set atomic.Pointer[keySet]
}

// keySet is one state of Keys; only its JWKS cache changes.
type keySet struct {
	byID  map[string]*Key
	order []*Key // by ActiveFrom, then id: the same on every node

	mu    sync.Mutex
	jwks  []byte
	since time.Time // jwks holds for since <= now < until
	until time.Time // zero: no key of it retires
}

// Replace makes keys the set from now on. Retired keys may be among them: they
// are left out when their time has come. The slice is copied.
func (ks *Keys) Replace(keys []Key) {
	set := &keySet{byID: make(map[string]*Key, len(keys))}
	for _, k := range inOrder(keys) {
		set.byID[k.ID] = &k
		set.order = append(set.order, &k)
	}
	ks.set.Store(set)
}

// inOrder returns a copy sorted by the instant the keys begin to sign. The id
// breaks ties, so that all nodes agree.
func inOrder(keys []Key) []Key {
	sorted := slices.Clone(keys)
	slices.SortFunc(sorted, func(a, b Key) int {
		return cmp.Or(a.ActiveFrom.Compare(b.ActiveFrom), cmp.Compare(a.ID, b.ID))
	})
	return sorted
}

func (ks *Keys) load() *keySet {
	if set := ks.set.Load(); set != nil {
		return set
	}
	return &keySet{}
}

// Signer returns the key that signs at now: the newest that is already active
// and not retired. Where all lie ahead, because another node's faster clock has
// just made the first one, it is the earliest: every node accepts it already. ok
// is false when there is none.
func (ks *Keys) Signer(now time.Time) (k Key, ok bool) {
	var best *Key
	for _, k := range ks.load().order {
		if k.Private == nil || k.retired(now) {
			continue
		}
		if best == nil || !k.ActiveFrom.After(now) {
			best = k
		}
	}
	if best == nil {
		return Key{}, false
	}
	return *best, true
}

// find returns the key of that id, which may be retired; nil when it is unknown.
func (ks *Keys) find(kid string) *Key { return ks.load().byID[kid] }

// JWKS returns the public keys as a JSON Web Key Set (RFC 7517 §5): every key
// that is not retired at now, those not yet active included. The bytes are
// shared: the caller must not change them.
func (ks *Keys) JWKS(now time.Time) []byte {
	set := ks.load()
	set.mu.Lock()
	defer set.mu.Unlock()
	if set.jwks == nil || now.Before(set.since) || !set.until.IsZero() && !now.Before(set.until) {
		set.publish(now)
	}
	return set.jwks
}

// publish renders the set as of now and notes until when that holds.
func (set *keySet) publish(now time.Time) {
	doc := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	set.since, set.until = now, time.Time{}
	for _, k := range set.order {
		if k.retired(now) {
			continue
		}
		doc.Keys = append(doc.Keys, jose.JSONWebKey{Key: k.Public, KeyID: k.ID, Algorithm: k.Alg, Use: "sig"})
		if !k.RetiresAt.IsZero() && (set.until.IsZero() || k.RetiresAt.Before(set.until)) {
			set.until = k.RetiresAt
		}
	}
	out, err := json.Marshal(doc)
	if err != nil { // a public key that is none of the three types; Key forbids it
		panic(err)
	}
	set.jwks = out
}
