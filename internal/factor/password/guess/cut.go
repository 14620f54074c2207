package guess

// What a stretch is worth at least when it is a part of a text, so that a cut
// into many small parts does not look cheap: one character, and more than one.
const (
	leastOfOne  = 10
	leastOfMany = 50
)

// partWorth is what every further part of a cut is worth by itself: somebody who
// tries k patterns side by side tries all with fewer first.
const partWorth = 10_000

// cut returns the guesses of the cheapest way to cut the text into parts. A cut
// into k parts takes their product times the k! orders they may come in, and
// partWorth for every part after the first.
//
// It starts at the last character and goes back, so that what follows a stretch
// is known when the stretch is looked at.
func (t *table) cut() float64 {
	var parts parts
	for i := len(t.text) - 1; i >= 0; i-- {
		t.cutFrom(i, &parts)
		copy(t.cost[i][i+1:], parts.one[i+1:len(t.text)+1])
	}
	return parts.whole[len(t.text)]
}

// parts says of the stretches that start at one index, up to each other index,
// the least product of one, two and three parts and, as whole, the guesses of the
// stretch as if it were all of the text.
type parts struct {
	one, two, three, whole [Limit + 1]float64
}

// cutFrom fills p for the stretches that start at i.
func (t *table) cutFrom(i int, p *parts) {
	n := len(t.text)
	for j := i + 1; j <= n; j++ {
		p.two[j], p.three[j] = Ceiling, Ceiling
	}
	for j := i + 1; j <= n; j++ {
		t.repeats(i, j, &p.whole)
		p.one[j] = max(t.cost[i][j], leastOf(j-i))
		p.whole[j] = min(t.cost[i][j]+1, 2*p.two[j]+partWorth, 6*p.three[j]+partWorth*partWorth, Ceiling)
		if j < n && min(p.one[j], p.two[j])*leastOfOne < Ceiling {
			extend(p, j, t.cost[j][:n+1])
		}
	}
}

// extend adds one more part, from j on, to the products that lead up to j.
func extend(p *parts, j int, cost []float64) {
	one, two := p.one[j], p.two[j]
	for k := j + 1; k < len(cost); k++ {
		if product := one * cost[k]; product < p.two[k] {
			p.two[k] = product
		}
		if product := two * cost[k]; product < p.three[k] {
			p.three[k] = product
		}
	}
}

// repeats enters text[i:j] as something said several times: the guesses of what
// is said, times how often.
func (t *table) repeats(i, j int, whole *[Limit + 1]float64) {
	length := j - i
	for unit := 1; 2*unit <= length; unit++ {
		if length%unit == 0 && t.text[i:j-unit] == t.text[i+unit:j] {
			t.offer(i, j, whole[i+unit]*float64(length/unit))
		}
	}
}

func leastOf(length int) float64 {
	if length == 1 {
		return leastOfOne
	}
	return leastOfMany
}
