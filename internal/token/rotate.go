package token

import (
	"errors"
	"time"
)

// Schedule says when signing keys change.
type Schedule struct {
	// Alg is the algorithm of new keys. When it differs from that of the current
	// key, a successor is made at once and published like any other.
	Alg string
	// Every is how long one key signs.
	Every time.Duration
	// CacheTTL is how long a backend may keep the JWKS: its max-age.
	CacheTTL time.Duration
	// Poll is how long a node may go on with the keys it has read before.
	Poll time.Duration
}

// DefaultSchedule changes an ES256 key every 30 days.
func DefaultSchedule() Schedule {
	return Schedule{Alg: ES256, Every: 30 * 24 * time.Hour, CacheTTL: 10 * time.Minute, Poll: time.Minute}
}

// Lead is how long a key is published before it signs: until then every node has
// read it, and no backend keeps a JWKS that was served without it (TK-06).
func (s Schedule) Lead() time.Duration { return s.Poll + s.CacheTTL + MaxSkew }

// Keep is how long a key is published and accepted after its successor began to
// sign: the last node has read the successor, and the last token has expired on
// the node whose clock is slowest.
func (s Schedule) Keep() time.Duration { return s.Poll + MaxLife + 2*MaxSkew }

// Validate refuses a schedule that would leave a key no time to sign.
func (s Schedule) Validate() error {
	if method(s.Alg) == nil {
		return errors.New("token: the signing algorithm must be ES256, EdDSA or RS256")
	}
	if s.CacheTTL <= 0 || s.Poll <= 0 {
		return errors.New("token: the JWKS cache time and the poll interval must be positive")
	}
	if s.Every < s.Lead()+s.Keep() {
		return errors.New("token: signing keys change too often for the JWKS cache time")
	}
	return nil
}

// Rotation is what has to be done to the keys of the database, in one
// transaction that excludes the other nodes. It is empty most of the time.
type Rotation struct {
	New    *Key                 // to add; nil: none
	Retire map[string]time.Time // by id, the RetiresAt to set
	Delete []string             // ids of keys nothing needs any more
}

// Empty reports whether there is nothing to do.
func (r Rotation) Empty() bool {
	return r.New == nil && len(r.Retire) == 0 && len(r.Delete) == 0
}

// Rotate decides the next step from all keys of the database:
//
//   - no key: one that is active at once;
//   - the newest key is due and has no successor: a successor, active after Lead;
//   - a key that has a successor: it retires Keep after that begins to sign;
//   - a key that has retired: it goes.
//
// Two nodes that both add a successor do no harm: the later one signs last.
func Rotate(keys []Key, now time.Time, s Schedule) (Rotation, error) {
	return rotate(keys, now, s, false)
}

// RotateEarly is Rotate with the newest key taken as due, for an operator who
// asks for a new key. Nothing happens while a successor already waits.
func RotateEarly(keys []Key, now time.Time, s Schedule) (Rotation, error) {
	return rotate(keys, now, s, true)
}

// Compromised replaces all keys at once: the answer to a key that has leaked.
// Every access token alive is refused from then on, and clients refresh.
func Compromised(keys []Key, now time.Time, alg string) (Rotation, error) {
	fresh, err := GenerateKey(alg, now)
	if err != nil {
		return Rotation{}, err
	}
	r := Rotation{New: &fresh, Retire: map[string]time.Time{}}
	for _, k := range keys {
		if !k.retired(now) {
			r.Retire[k.ID] = now
		}
	}
	return r, nil
}

func rotate(keys []Key, now time.Time, s Schedule, early bool) (Rotation, error) {
	r := Rotation{Retire: map[string]time.Time{}}
	var alive []Key
	for _, k := range inOrder(keys) {
		if k.retired(now) {
			r.Delete = append(r.Delete, k.ID)
		} else {
			alive = append(alive, k)
		}
	}
	if from, wanted := successor(alive, now, s, early); wanted {
		fresh, err := GenerateKey(s.Alg, now)
		if err != nil {
			return Rotation{}, err
		}
		fresh.ActiveFrom = from
		r.New = &fresh
		alive = inOrder(append(alive, fresh))
	}
	for i := range max(len(alive)-1, 0) {
		if alive[i].RetiresAt.IsZero() {
			r.Retire[alive[i].ID] = alive[i+1].ActiveFrom.Add(s.Keep())
		}
	}
	return r, nil
}

// successor says whether a new key is wanted and from when it signs.
func successor(alive []Key, now time.Time, s Schedule, early bool) (from time.Time, wanted bool) {
	if len(alive) == 0 {
		return now, true
	}
	newest := alive[len(alive)-1]
	if newest.ActiveFrom.After(now) {
		return time.Time{}, false // it waits for its turn
	}
	due := early || newest.Alg != s.Alg || !newest.RetiresAt.IsZero() ||
		!now.Before(newest.ActiveFrom.Add(s.Every-s.Lead()))
	return now.Add(s.Lead()), due
}
