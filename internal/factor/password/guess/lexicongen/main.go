// Command lexicongen packs the frequency lists of zxcvbn into the lexicon that
// package guess carries.
//
// The lists are those of github.com/trustelem/zxcvbn, package frequency, which
// only this command and tests import. LICENCES.md beside the lexicon says where
// they come from. To build the lexicon again:
//
//	go generate ./internal/factor/password/guess
//
// No list is copied: the output holds a fingerprint of each word, enough to
// recognise it and too little to be a word list, and its rank in coarse steps.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/trustelem/zxcvbn/frequency"

	"github.com/sallyport/sallyport/internal/factor/password/guess/lexicon"
)

// required is how many words there are at least, lest a lexicon be written from
// lists that have lost theirs.
const required = 90_000

func main() {
	out := flag.String("out", "words.bin", "file to write")
	flag.Parse()
	if err := run(*out, frequency.FrequencyLists); err != nil {
		slog.Error("lexicongen", "err", err)
		os.Exit(1)
	}
}

func run(out string, lists map[string][]string) error {
	ranks := ranksOf(lists)
	if len(ranks) < required {
		return fmt.Errorf("the lists have %d words, %d are needed", len(ranks), required)
	}
	return os.WriteFile(out, lexicon.Pack(ranks), 0o644)
}

// ranksOf returns the best rank of each word in lower case.
func ranksOf(lists map[string][]string) map[string]int {
	ranks := map[string]int{}
	for _, list := range lists {
		for i, word := range list {
			word = strings.ToLower(word)
			if rank, seen := ranks[word]; !seen || i+1 < rank {
				ranks[word] = i + 1
			}
		}
	}
	return ranks
}
