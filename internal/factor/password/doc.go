// Package password decides whether a password is right and whether a new one
// is good enough.
//
// It turns a password into a hash that the database may keep (argon2id, as a
// PHC string), checks a password against such a hash or against one imported
// from another system, and judges new passwords by length and by block-lists,
// never by which kinds of characters they contain.
//
// It refuses to know users, requests and tables: it is given text and answers
// with text, a verdict or a *fault.Error. It never cuts a password, never logs
// one, and reads no parameter of a stored hash without bounding it first.
//
// Hashing is expensive on purpose, so all of it passes one gate (gate.go) that
// bounds how many hashes run, how many wait and for how long. Make one Hasher
// for the whole process.
//
// Start reading at Hasher for stored hashes, at Policy.Check for new passwords; how
// many guesses a text withstands is counted by package guess.
package password
