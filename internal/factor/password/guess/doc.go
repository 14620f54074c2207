// Package guess decides how many guesses a text would take somebody who knows
// what people choose.
//
// It follows the method of zxcvbn (D. L. Wheeler, "zxcvbn: Low-Budget Password
// Strength Estimation", USENIX Security 2016): every stretch of the text gets the
// least number of guesses that any pattern explains it with, and of all ways to
// cut the text into such stretches the cheapest counts. Patterns are words of a
// lexicon (written backwards, in capitals or with look-alike characters too),
// walks over a keyboard, runs of characters, years and dates, repeats of anything
// and, failing these, brute force.
//
// It holds no heap: the lexicon is read-only data of the binary (see lexicon),
// and one question needs a table that is gone with the answer. The time is bounded
// by looking at no more than Limit characters.
//
// It refuses to know what is enough, what a policy is and who asks. It takes ASCII:
// giving other scripts a stand-in is left to the caller.
//
// Start reading at Guesses, then cut in cut.go.
package guess
