package guess_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/trustelem/zxcvbn/frequency"

	"github.com/sallyport/sallyport/internal/factor/password/guess/lexicon"
)

// corpus makes texts as people, and machines, choose them: the same ones in every
// run.
type corpus struct {
	random *rand.Rand
	lists  [][]string // words, the most frequent first
}

func newCorpus(family string) *corpus {
	c := &corpus{random: rand.New(rand.NewPCG(uint64(lexicon.PrintOf(family)), 2016))}
	names := []string{}
	for name := range frequency.FrequencyLists {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.lists = append(c.lists, frequency.FrequencyLists[name])
	}
	return c
}

// families are the kinds of texts, each with how one is made.
func families() map[string]func(*corpus) string {
	return map[string]func(*corpus) string{
		"word":             (*corpus).word,
		"word filled up":   func(c *corpus) string { return c.fill(c.word()) },
		"word with digits": func(c *corpus) string { return c.word() + c.digits(1+c.random.IntN(8)) },
		"word with digits, symbol": func(c *corpus) string {
			return c.capital(c.word()) + c.digits(2+c.random.IntN(4)) + c.pick("!", "?", "$", ".")
		},
		"word and year":          func(c *corpus) string { return c.either(c.capital(c.word()), c.year()) },
		"word and date":          func(c *corpus) string { return c.either(c.capital(c.word()), c.date()) },
		"word and walk":          func(c *corpus) string { return c.either(c.word(), c.walk()) },
		"word and run":           func(c *corpus) string { return c.either(c.word(), c.run()) },
		"word with look-alikes":  func(c *corpus) string { return c.lookAlike(c.word()) + c.digits(c.random.IntN(4)) },
		"words with look-alikes": func(c *corpus) string { return c.lookAlike(c.word() + c.word()) },
		"word in capitals":       func(c *corpus) string { return c.capital(c.word()) + c.pick("", "1", "123", "!!") },
		"word backwards":         func(c *corpus) string { return backwards(c.word()) + c.pick("", "1", "2024", "!") },
		"word repeated": func(c *corpus) string {
			return strings.Repeat(c.capital(c.word()), 2+c.random.IntN(3)) + c.pick("", "1", "!")
		},
		"two words":             func(c *corpus) string { return c.phrase(2) },
		"two words with digits": func(c *corpus) string { return c.phrase(2) + c.digits(1+c.random.IntN(4)) },
		"two words, padded":     func(c *corpus) string { return c.fill(c.phrase(2)) },
		"three words":           func(c *corpus) string { return c.phrase(3) },
		"four words":            func(c *corpus) string { return c.phrase(4) },
		"five words":            func(c *corpus) string { return c.phrase(5) },
		"names":                 func(c *corpus) string { return c.capital(c.from(1)) + c.capital(c.from(3)) },
		"walk":                  (*corpus).walk,
		"two walks":             func(c *corpus) string { return c.walk() + c.walk() },
		"run":                   (*corpus).run,
		"date":                  (*corpus).date,
		"two dates":             func(c *corpus) string { return c.date() + c.date() },
		"short unit repeated": func(c *corpus) string {
			return strings.Repeat(c.string(lowers+tens, 1+c.random.IntN(6)), 2+c.random.IntN(7))
		},
		"random digits":             func(c *corpus) string { return c.digits(6 + c.random.IntN(12)) },
		"random letters":            func(c *corpus) string { return c.string(lowers, 6+c.random.IntN(14)) },
		"random characters":         func(c *corpus) string { return c.string(printable(), 6+c.random.IntN(14)) },
		"random characters, a word": func(c *corpus) string { return c.either(c.word(), c.string(printable(), 2+c.random.IntN(6))) },
		"three of anything":         func(c *corpus) string { return c.anything() + c.anything() + c.anything() },
	}
}

const (
	lowers = "abcdefghijklmnopqrstuvwxyz"
	tens   = "0123456789"
)

func printable() string {
	b := []byte{}
	for c := byte(' '); c <= '~'; c++ {
		b = append(b, c)
	}
	return string(b)
}

func (c *corpus) anything() string {
	switch c.random.IntN(7) {
	case 0:
		return c.walk()
	case 1:
		return c.run()
	case 2:
		return c.date()
	case 3:
		return c.digits(1 + c.random.IntN(4))
	case 4:
		return c.lookAlike(c.word())
	}
	return c.capital(c.word())
}

// word picks a word of any list; frequent ones more often than rare ones.
func (c *corpus) word() string { return c.from(c.random.IntN(len(c.lists))) }

func (c *corpus) from(list int) string {
	words := c.lists[list]
	within := len(words)
	for range c.random.IntN(4) {
		within = max(1, within/8)
	}
	return words[c.random.IntN(within)]
}

func (c *corpus) phrase(words int) string {
	between := c.pick("", " ", "-", "")
	parts := []string{}
	for range words {
		parts = append(parts, c.word())
	}
	return strings.Join(parts, between)
}

// plainPhrase is words that stand in no relation, all equally likely, of 15
// characters and more.
func (c *corpus) plainPhrase(words int) string {
	between := c.pick("", " ", "-")
	for {
		parts := []string{}
		for range words {
			list := c.lists[c.random.IntN(len(c.lists))]
			parts = append(parts, list[c.random.IntN(len(list))])
		}
		if text := strings.Join(parts, between); len(text) >= 15 {
			return text
		}
	}
}

func (c *corpus) pick(of ...string) string { return of[c.random.IntN(len(of))] }

func (c *corpus) either(a, b string) string { return c.pick(a+b, b+a) }

func (c *corpus) string(of string, length int) string {
	b := make([]byte, length)
	for i := range b {
		b[i] = of[c.random.IntN(len(of))]
	}
	return string(b)
}

func (c *corpus) digits(length int) string { return c.string(tens, length) }

func (c *corpus) year() string { return fmt.Sprint(1940 + c.random.IntN(85)) }

func (c *corpus) date() string {
	day, month, year := 1+c.random.IntN(28), 1+c.random.IntN(12), 1940+c.random.IntN(85)
	format := c.pick("%02d%02d%04d", "%d.%d.%d", "%02d/%02d/%04d", "%[3]d-%[2]d-%[1]d", "%[3]d%02[2]d%02[1]d", "%[2]d_%[1]d_%[3]d", "%02d%02d%02d")
	if format == "%02d%02d%02d" {
		year %= 100
	}
	return fmt.Sprintf(format, day, month, year)
}

// fill pads a text to 15 characters in one of the ways people do.
func (c *corpus) fill(w string) string {
	with := c.pick("!", "1", " ", w[len(w)-1:], w, "123456789012345", "abc", "12", "-=")
	for len(w) < 15 {
		w += with
	}
	return w
}

func (c *corpus) capital(w string) string {
	switch c.random.IntN(5) {
	case 0:
		return strings.ToUpper(w)
	case 1, 2:
		return strings.ToUpper(w[:1]) + w[1:]
	case 3:
		at := c.random.IntN(len(w))
		return w[:at] + strings.ToUpper(w[at:at+1]) + w[at+1:]
	}
	return w
}

// lookAlike swaps letters, all of a kind or one by one.
func (c *corpus) lookAlike(w string) string {
	single := c.random.IntN(3) == 0
	out := []byte(w)
	for _, swap := range []string{"a4@", "b8", "c({[<", "e3", "g69", "i1!|", "l1|7", "o0", "s$5", "t+7", "x%", "z2"} {
		to, take := swap[1+c.random.IntN(len(swap)-1)], c.random.IntN(3) > 0
		for i := range out {
			if single {
				take = c.random.IntN(2) == 0
			}
			if out[i] == swap[0] && take {
				out[i] = to
			}
		}
	}
	return string(out)
}

// run is characters at equal distances.
func (c *corpus) run() string {
	from, step, length := c.string(lowers+tens+"AZMK", 1)[0], 1+c.random.IntN(3), 3+c.random.IntN(10)
	if c.random.IntN(3) == 0 {
		step = -step
	}
	out := []byte{}
	for range length {
		if from < '0' || from > 'z' {
			break
		}
		out = append(out, from)
		from = byte(int(from) + step)
	}
	return string(out)
}

// walk goes over the keys of an American keyboard.
func (c *corpus) walk() string {
	rows := []string{"1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"}
	row, place := c.random.IntN(4), c.random.IntN(10)
	down, right := 0, 1
	out := []byte{}
	for range 4 + c.random.IntN(9) {
		if row < 0 || row > 3 || place < 0 || place >= len(rows[row]) {
			break
		}
		out = append(out, rows[row][place])
		if c.random.IntN(4) == 0 {
			turn := [][2]int{{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, -1}, {-1, 1}}[c.random.IntN(6)]
			down, right = turn[0], turn[1]
		}
		row, place = row+down, place+right
	}
	return string(out)
}

func backwards(s string) string {
	out := []byte(s)
	slices.Reverse(out)
	return string(out)
}
