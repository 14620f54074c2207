package redis

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
)

// entryID is the id Redis gave an entry: milliseconds and a count within them.
type entryID struct{ ms, seq uint64 }

var errEntry = errors.New("bus: a stream holds an entry that is not of this bus")

func parseEntryID(s string) (entryID, error) {
	ms, seq, ok := strings.Cut(s, "-")
	a, err1 := strconv.ParseUint(ms, 10, 64)
	b, err2 := strconv.ParseUint(seq, 10, 64)
	if !ok || err1 != nil || err2 != nil {
		return entryID{}, errEntry
	}
	return entryID{a, b}, nil
}

func (e entryID) String() string {
	return strconv.FormatUint(e.ms, 10) + "-" + strconv.FormatUint(e.seq, 10)
}

func (e entryID) compare(o entryID) int {
	return cmp.Or(cmp.Compare(e.ms, o.ms), cmp.Compare(e.seq, o.seq))
}

// place is how far a subscription has read: the entry, its number, and the run
// of the server it was read from.
type place struct {
	entry  entryID
	number int64
	run    string
}

// readPlace reads id and number as the scripts and streams give them.
func readPlace(id, number string) (place, error) {
	entry, err := parseEntryID(id)
	if err != nil {
		return place{}, err
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return place{}, errEntry
	}
	return place{entry: entry, number: n}, nil
}

// parseOffset reads what place.offset wrote; ok is false for other text.
func parseOffset(offset string) (p place, ok bool) {
	parts := strings.SplitN(offset, ".", 3)
	if len(parts) != 3 || parts[2] == "" {
		return place{}, false
	}
	p, err := readPlace(parts[0], parts[1])
	p.run = parts[2]
	return p, err == nil
}

func (p place) offset() string {
	return p.entry.String() + "." + strconv.FormatInt(p.number, 10) + "." + p.run
}

// lostBefore reports whether a topic that ends at newest cannot be one that was
// read up to p: it ends earlier, or at another message in the same place.
func (p place) lostBefore(newest place) bool {
	c := newest.entry.compare(p.entry)
	return c < 0 || c == 0 && newest.number != p.number
}
