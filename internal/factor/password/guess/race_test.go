//go:build race

package guess_test

// perFamily is how many texts of each kind the oracle is asked about. Under the
// race detector it takes ten times as long.
const perFamily = 150
