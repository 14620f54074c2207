package guess

// variations counts the ways to write a text in which so many characters are
// changed and so many left: all changed, or none left to choose from, takes
// twice the guesses; else every choice of up to the fewer of both.
func variations(changed, left int) float64 {
	if changed == 0 || left == 0 {
		return 2
	}
	sum := 0.0
	for k := 1; k <= min(changed, left); k++ {
		sum += choose(changed+left, k)
	}
	return sum
}

// choose returns the number of ways to take k of n.
func choose(n, k int) float64 {
	ways := 1.0
	for i := 1; i <= k; i++ {
		ways = ways * float64(n-k+i) / float64(i)
	}
	return ways
}

// capitals returns what the capitals of a word multiply its guesses by. The first
// letter, the last or all of them are tried early.
func capitals(word string) float64 {
	upper, lower := 0, 0
	for i := range len(word) {
		switch {
		case isUpper(word[i]):
			upper++
		case 'a' <= word[i] && word[i] <= 'z':
			lower++
		}
	}
	switch {
	case upper == 0:
		return 1
	case lower == 0, upper == 1 && (isUpper(word[0]) || isUpper(word[len(word)-1])):
		return 2
	}
	return variations(upper, lower)
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func lower(c byte) byte {
	if isUpper(c) {
		return c + 'a' - 'A'
	}
	return c
}
