package guess

// Limit is how many characters are looked at; the rest of a longer text is
// passed over.
const Limit = 64

// Ceiling is the highest answer: beyond it the estimate says nothing. It is what
// four stretches are worth whatever they are, so none has to cut finer.
const Ceiling = partWorth * partWorth * partWorth

// Guesses estimates how many guesses find text, from 1 for the empty one up to
// Ceiling. Words are those that would be tried first for this user, the likeliest
// first, in lower case. Text and words are taken byte for byte, as ASCII.
func Guesses(text string, words []string) float64 {
	t := table{text: text[:min(len(text), Limit)]}
	if t.text == "" {
		return 1
	}
	t.force()
	t.lookUp(words)
	t.walks()
	t.runs()
	t.dates()
	return t.cut()
}

// table holds for every stretch of a text, from one index up to another, the
// least number of guesses that find it.
type table struct {
	text string
	cost [Limit][Limit + 1]float64
}

// offer enters what a pattern makes of text[i:j], if that is less than before.
func (t *table) offer(i, j int, guesses float64) {
	t.cost[i][j] = min(t.cost[i][j], guesses)
}

// force enters brute force: ten guesses a character, which is what is left when
// one knows what people choose, and a little more than the least of any pattern.
func (t *table) force() {
	for i := range t.text {
		guesses := 1.0
		for j := i + 1; j <= len(t.text); j++ {
			guesses *= 10
			t.cost[i][j] = max(guesses, leastOfOne+1)
		}
	}
}
