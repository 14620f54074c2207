//go:build !race

package guess_test

// perFamily is how many texts of each kind the oracle is asked about.
const perFamily = 1000
