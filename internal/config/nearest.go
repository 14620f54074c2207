package config

import "strings"

// nearest returns the name that was probably meant: the one at most two slips
// away (one for short names), or "" if there is none.
func nearest(name string, names []string) string {
	name = strings.ToUpper(name)
	best, slips := "", 3
	if len(name) < 8 {
		slips = 2
	}
	for _, n := range names {
		if max(len(n), len(name))-min(len(n), len(name)) >= slips {
			continue
		}
		if d := distance(name, n); d < slips {
			best, slips = n, d
		}
	}
	return best
}

// distance counts the slips between two names: a character added, left out,
// replaced, or two neighbours swapped (optimal string alignment).
func distance(a, b string) int {
	before, last, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(last[j]+1, cur[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, last, cur = last, cur, before
	}
	return last[len(b)]
}
