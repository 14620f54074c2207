package lexicon

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// A packed lexicon begins with an index: for every value of the first indexBits
// of a fingerprint the number of records before it, and at the end the number of
// all. Then come the records in order: checkBits of the fingerprint and, in the
// lowest rankBits, the rank. All numbers are big-endian.
const (
	indexBits = 12
	rankBits  = 6
	checkBits = 32 - rankBits
	size      = 4 // bytes of a number
	buckets   = 1 << indexBits
	indexSize = (buckets + 1) * size
)

// LongestWord is the greatest length of a word, in bytes; Pack leaves longer ones
// out.
const LongestWord = 24

// perDoubling is how many steps of the coarse rank make twice the rank.
const perDoubling = 4

// Print is the fingerprint of a text that is read character by character. Start
// with Empty.
type Print uint64

// Empty is the fingerprint of the empty text (FNV-1a, 64 bits).
const Empty Print = 14695981039346656037

// Add returns the fingerprint of the text with one more character.
func (p Print) Add(c byte) Print { return (p ^ Print(c)) * 1099511628211 }

// PrintOf returns the fingerprint of a text.
func PrintOf(text string) Print {
	p := Empty
	for i := range len(text) {
		p = p.Add(text[i])
	}
	return p
}

// split returns the place in the index and the check bits, in place for a record.
// The bits of FNV-1a are uneven for short texts, so they are stirred first.
func (p Print) split() (bucket int, check uint32) {
	h := uint64(p)
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	return int(h >> (64 - indexBits)), uint32(h>>(64-indexBits-checkBits)) << rankBits
}

// Lexicon is what Pack returned.
type Lexicon string

// Rank returns the rank of a word, rounded down to the nearest step: 1 for the
// most frequent. It reports false if the word is not listed.
func (l Lexicon) Rank(p Print) (rank float64, listed bool) {
	bucket, check := p.split()
	first, last := l.number(bucket*size), l.number((bucket+1)*size)
	for i := first; i < last; i++ {
		record := l.number(indexSize + int(i)*size)
		if record&^(1<<rankBits-1) == check {
			return fine(record & (1<<rankBits - 1)), true
		}
	}
	return 0, false
}

func (l Lexicon) number(at int) uint32 {
	b := l[at : at+size]
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// Pack packs words with their ranks, which begin at 1.
func Pack(ranks map[string]int) []byte {
	type record struct {
		bucket int
		value  uint32
	}
	records := make([]record, 0, len(ranks))
	for word, rank := range ranks {
		if word == "" || len(word) > LongestWord {
			continue
		}
		bucket, check := PrintOf(word).split()
		records = append(records, record{bucket, check | coarse(rank)})
	}
	slices.SortFunc(records, func(a, b record) int {
		if a.bucket != b.bucket {
			return a.bucket - b.bucket
		}
		return cmp.Compare(a.value, b.value)
	})
	out := make([]byte, indexSize, indexSize+len(records)*size)
	var counts [buckets]uint32
	for _, r := range records {
		counts[r.bucket]++
		out = binary.BigEndian.AppendUint32(out, r.value)
	}
	before := uint32(0)
	for bucket, count := range counts {
		binary.BigEndian.PutUint32(out[bucket*size:], before)
		before += count
	}
	binary.BigEndian.PutUint32(out[buckets*size:], before)
	return out
}

// coarse returns the step that a rank falls on.
func coarse(rank int) uint32 {
	step := math.Floor(perDoubling * math.Log2(float64(max(rank, 1))))
	return uint32(min(step, 1<<rankBits-1))
}

// fine returns the lowest rank of a step.
func fine(step uint32) float64 { return math.Ceil(math.Exp2(float64(step) / perDoubling)) }
