package vectortest

import "testing"

// MAC is a vector of a keyed hash.
type MAC struct {
	Vector
	Key Hex `json:"key"`
	Msg Hex `json:"msg"`
	Tag Hex `json:"tag"`
	// Rule is why policy refuses it: its tag is shortened, which none of ours is.
	Rule string `json:"-"`
}

// LoadMACs reads a set of keyed hashes whose whole tag has that many bits.
func LoadMACs(tb testing.TB, set string, bits int) (all []MAC, count int) {
	tb.Helper()
	groups, count := Load[struct {
		TagBits int   `json:"tagSize"`
		Tests   []MAC `json:"tests"`
	}](tb, set)
	for _, g := range groups {
		for _, v := range g.Tests {
			if g.TagBits != bits {
				v.Rule = "a shortened tag"
			}
			all = append(all, v)
		}
	}
	return all, count
}
