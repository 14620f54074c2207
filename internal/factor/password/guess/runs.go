package guess

import "strings"

// widestStep is the widest distance between the neighbours of a run.
const widestStep = 5

// runs enters characters at equal distances, such as abcd, 97531 or xyz. Two
// characters make a run only if they are neighbours.
func (t *table) runs() {
	for i := 0; i+1 < len(t.text); i++ {
		step := t.step(i)
		if step == 0 || step > widestStep || step < -widestStep {
			continue
		}
		guesses := runStart(t.text[i])
		if step < 0 {
			guesses *= 2
		}
		for j := i + 2; j <= len(t.text) && t.step(j-2) == step; j++ {
			if j > i+2 || step == 1 || step == -1 {
				t.offer(i, j, guesses*float64(j-i))
			}
		}
	}
}

// step returns the distance from one character to the next.
func (t *table) step(i int) int { return int(t.text[i+1]) - int(t.text[i]) }

// runStart returns how many characters are tried before a run that starts with c.
func runStart(c byte) float64 {
	switch {
	case strings.IndexByte("aAzZ019", c) >= 0:
		return 4
	case isDigit(c):
		return 10
	}
	return 26
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
