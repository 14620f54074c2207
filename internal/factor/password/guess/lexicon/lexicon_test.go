package lexicon_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/factor/password/guess/lexicon"
)

func TestRank(t *testing.T) {
	ranks := map[string]int{}
	for i := range 30_000 {
		ranks[fmt.Sprintf("word%d", i)] = i + 1
	}
	packed := lexicon.Lexicon(lexicon.Pack(ranks))
	t.Run("PW-05 every word is found, with its rank rounded down a little", func(t *testing.T) {
		for word, rank := range ranks {
			got, listed := packed.Rank(lexicon.PrintOf(word))
			if want := float64(rank); !listed || got > want || got < want/1.2 {
				t.Fatalf("Rank(%q) = %v, %v; want %v or a little less", word, got, listed, want)
			}
		}
	})
	t.Run("PW-04 hardly any other text is taken for a word", func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		found := 0
		for range 1_000_000 {
			if _, listed := packed.Rank(lexicon.PrintOf(fmt.Sprintf("%x", random.Uint64()))); listed {
				found++
			}
		}
		if found > 2 {
			t.Errorf("got %d of a million texts, want 2 at most", found)
		}
	})
}

func TestPack(t *testing.T) {
	t.Run("the output is the same each time", func(t *testing.T) {
		ranks := map[string]int{"password": 2, "123456": 1, "kettle": 5000, "sandal": 9000}
		if a, b := lexicon.Pack(ranks), lexicon.Pack(ranks); string(a) != string(b) {
			t.Errorf("got %x, then %x", a, b)
		}
	})
	t.Run("words too long to be looked for are left out", func(t *testing.T) {
		none := len(lexicon.Pack(nil))
		long := strings.Repeat("x", lexicon.LongestWord+1)
		if got := len(lexicon.Pack(map[string]int{"": 1, long: 1, long[1:]: 1})); got != none+4 {
			t.Errorf("got %d bytes, want %d and one record of 4", got, none)
		}
	})
	t.Run("a rank beyond the last step counts as the last", func(t *testing.T) {
		packed := lexicon.Lexicon(lexicon.Pack(map[string]int{"rare": 1 << 40}))
		if got, listed := packed.Rank(lexicon.PrintOf("rare")); !listed || got < 30_000 {
			t.Errorf("Rank = %v, %v; want more than 30000", got, listed)
		}
	})
	t.Run("the empty lexicon has no word", func(t *testing.T) {
		packed := lexicon.Lexicon(lexicon.Pack(nil))
		if got, listed := packed.Rank(lexicon.PrintOf("rare")); listed {
			t.Errorf("Rank = %v, want none", got)
		}
	})
}

func TestPrint(t *testing.T) {
	// The published vector of FNV-1a, 64 bits.
	if got, want := lexicon.PrintOf("foobar"), lexicon.Print(0x85944171f73967e8); got != want {
		t.Errorf("PrintOf = %x, want %x", got, want)
	}
	if got, want := lexicon.Empty.Add('f').Add('o'), lexicon.PrintOf("fo"); got != want {
		t.Errorf("Add = %x, want %x", got, want)
	}
}
