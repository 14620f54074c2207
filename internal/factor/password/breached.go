package password

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // the lists of Have I Been Pwned are SHA-1; nothing rests on its strength
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/sallyport/sallyport/internal/factor/password/fingerprint"
)

// MaxBreached is how many passwords a Blocklist holds at most. Each takes 8
// bytes, so a full list takes 64 MiB.
const MaxBreached = 8 << 20

// Blocklist is a set of passwords known from breaches, kept as fingerprints. The
// nil Blocklist is empty. It does not change once loaded.
type Blocklist struct{ prints []uint64 }

// LoadBreached reads an operator's list, one password a line. A line is either
// the password itself or its SHA-1 in hex with an optional ":count", which is
// how Have I Been Pwned distributes its list. Empty lines and lines that are not
// UTF-8, which nobody could type, are passed over.
//
// It is an error when r fails, when a line is longer than 4 KiB, when there are
// more than MaxBreached lines (take the most frequent ones), and when a line is
// an NTLM hash, because such a list would block nothing.
func LoadBreached(r io.Reader) (*Blocklist, error) { return loadBreached(r, MaxBreached) }

func loadBreached(r io.Reader, limit int) (*Blocklist, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4<<10), 4<<10)
	var prints []uint64
	n := 0
	for lines.Scan() {
		n++
		print, ok, err := breachedLine(lines.Text())
		switch {
		case err != nil:
			return nil, fmt.Errorf("password: breached list, line %d: %w", n, err)
		case !ok:
			continue
		case len(prints) == limit:
			return nil, fmt.Errorf("password: breached list has more than %d passwords; use the most frequent ones", limit)
		}
		prints = append(prints, print)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("password: breached list, line %d: %w", n+1, err)
	}
	slices.Sort(prints)
	return &Blocklist{prints: slices.Clip(slices.Compact(prints))}, nil
}

// breachedLine returns the fingerprint of one line, or false for a line to pass
// over.
func breachedLine(line string) (print uint64, ok bool, err error) {
	line = strings.TrimSuffix(line, "\r")
	digest, count, counted := strings.Cut(line, ":")
	sum, notHex := hex.DecodeString(digest)
	isHash := notHex == nil && strings.Trim(count, "0123456789") == ""
	switch {
	case isHash && len(sum) == sha1.Size:
		return fingerprint.FromDigest(sum), true, nil
	case isHash && counted && len(sum) == ntlmSize:
		return 0, false, errors.New("this is an NTLM hash; use the list of SHA-1 hashes")
	case line == "" || !utf8.ValidString(line):
		return 0, false, nil
	}
	return fingerprint.Of(fingerprint.Fold(line)), true, nil
}

const ntlmSize = 16

// Has reports whether the list has password. A listed SHA-1 covers the password
// as it was breached and its lower-case form; a password listed as text is found
// in any case.
func (b *Blocklist) Has(password string) bool {
	if b == nil {
		return false
	}
	return b.has(norm.NFC.String(password)) || b.has(fingerprint.Fold(password))
}

func (b *Blocklist) has(form string) bool {
	_, found := slices.BinarySearch(b.prints, fingerprint.Of(form))
	return found
}

// Len returns how many different passwords the list has.
func (b *Blocklist) Len() int {
	if b == nil {
		return 0
	}
	return len(b.prints)
}
