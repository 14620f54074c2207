// Package factor holds what the second factors have in common: the words for an
// enrolled factor and the small interface each kind of factor fills.
//
// It decides nothing about a sign-in: package signin counts the attempt before
// it asks a factor to compare (RL-04), so no factor can forget that. Each factor
// is a folder below; a new one is a folder and a line in internal/app. Start
// reading at Factor.
package factor
