package guess

import "strings"

// keyboard is a layout of keys in rows; a blank is no key.
type keyboard struct {
	plain, shifted []string
	slanted        bool    // each row lies half a key to the right of the one above
	keys           float64 // characters a walk may start with
	neighbours     float64 // of a key, on average
}

var keyboards = []keyboard{
	{ // QWERTY
		plain:   []string{"`1234567890-=", " qwertyuiop[]\\", " asdfghjkl;'", " zxcvbnm,./"},
		shifted: []string{"~!@#$%^&*()_+", " QWERTYUIOP{}|", " ASDFGHJKL:\"", " ZXCVBNM<>?"},
		slanted: true, keys: 94, neighbours: 4.6,
	},
	{ // Dvorak
		plain:   []string{"`1234567890[]", " ',.pyfgcrl/=\\", " aoeuidhtns-", " ;qjkxbmwvz"},
		shifted: []string{"~!@#$%^&*(){}", " \"<>PYFGCRL?+|", " AOEUIDHTNS_", " :QJKXBMWVZ"},
		slanted: true, keys: 94, neighbours: 4.6,
	},
	{ // keypad
		plain: []string{" /*-", "789+", "456", "123", " 0."},
		keys:  15, neighbours: 5.1,
	},
	{ // keypad of a Mac
		plain: []string{" =/*", "789-", "456+", "123", " 0."},
		keys:  15, neighbours: 5.1,
	},
}

// shortestWalk is the least number of keys that make a walk.
const shortestWalk = 3

// key is where a character lies: its row, its place in it, and whether it needs
// the shift key. A character that the keyboard does not have lies nowhere.
type key struct {
	row, place int8
	shifted    bool
	nowhere    bool
}

// walks enters walks from key to neighbouring key.
func (t *table) walks() {
	for b := range keyboards {
		board := &keyboards[b]
		var keys [Limit]key
		for i := range t.text {
			keys[i] = board.find(t.text[i])
		}
		for i := range t.text {
			t.walk(board, keys[:len(t.text)], i)
		}
	}
}

// walk enters the walks that start at i.
func (t *table) walk(board *keyboard, keys []key, i int) {
	turns, shifted := 0, 0
	if keys[i].shifted {
		shifted = 1
	}
	for j := i + 1; j < len(keys) && board.adjacent(keys[j-1], keys[j]); j++ {
		if j == i+1 || !sameDirection(keys[j-2], keys[j-1], keys[j]) {
			turns++
		}
		if keys[j].shifted {
			shifted++
		}
		if length := j + 1 - i; length >= shortestWalk {
			guesses := board.guesses(length, turns)
			if shifted > 0 {
				guesses *= variations(shifted, length-shifted)
			}
			t.offer(i, j+1, guesses)
		}
	}
}

// guesses counts the walks of up to length keys and up to so many straight
// stretches: for j stretches, the places where they may begin and the directions
// each may take.
func (b *keyboard) guesses(length, turns int) float64 {
	sum, directions := 0.0, 1.0
	for j := 1; j <= turns; j++ {
		directions *= b.neighbours
		sum += directions * (choose(length, j) - 1)
	}
	return b.keys * sum
}

func (b *keyboard) find(c byte) key {
	for row := range b.plain {
		if place := strings.IndexByte(b.plain[row], c); place >= 0 && c != ' ' {
			return key{row: int8(row), place: int8(place)}
		}
	}
	for row := range b.shifted {
		if place := strings.IndexByte(b.shifted[row], c); place >= 0 && c != ' ' {
			return key{row: int8(row), place: int8(place), shifted: true}
		}
	}
	return key{nowhere: true}
}

// adjacent reports whether two keys touch: all around where rows are aligned; on
// a slanted board a key touches its own place and the next in the row above, its
// own and the one before in the row below.
func (b *keyboard) adjacent(from, to key) bool {
	down, right := to.row-from.row, to.place-from.place
	switch {
	case from.nowhere || to.nowhere || down == 0 && right == 0:
		return false
	case down < -1 || down > 1 || right < -1 || right > 1:
		return false
	}
	return !b.slanted || down+right == 0 || down == 0 || right == 0
}

func sameDirection(a, b, c key) bool {
	return b.row-a.row == c.row-b.row && b.place-a.place == c.place-b.place
}
