package password

import (
	_ "embed"
	"sort"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/factor/password/fingerprint"
)

// COMMON_PASSWORDS names a file with one password a line, the most frequent
// first; commongen says which one was used and where it comes from.
//go:generate go run ./commongen -list $COMMON_PASSWORDS

// The most common passwords, as commongen packed them: sorted records of the
// first 5 bytes of each fingerprint.
var (
	//go:embed common15.bin
	commonLong string // 15 code points and more
	//go:embed common8.bin
	commonShort string // 8 to 14 code points
)

// recordSize is the length of one packed fingerprint. At 40 bits, fewer than one
// unlisted password in ten million is taken for a listed one.
const recordSize = 5

// isCommon reports whether a folded password is on the built-in list.
func isCommon(folded string) bool {
	data := commonShort
	if utf8.RuneCountInString(folded) >= DefaultMinLength {
		data = commonLong
	}
	print := fingerprint.Of(folded) >> (8 * (fingerprint.Size - recordSize))
	n := len(data) / recordSize
	i := sort.Search(n, func(i int) bool { return record(data, i) >= print })
	return i < n && record(data, i) == print
}

// record reads the i-th record as a big-endian number.
func record(data string, i int) uint64 {
	var v uint64
	for _, b := range []byte(data[i*recordSize : (i+1)*recordSize]) {
		v = v<<8 | uint64(b)
	}
	return v
}
