// Package lexicon packs ranked words so that they can be looked up where they lie
// in the binary, without a heap.
//
// It decides the layout: of each word a fingerprint of 38 bits and its rank,
// coarsely. No word can be read out of it, and one unlisted text in nearly three million is
// taken for a listed one. It refuses to know which words are in it.
//
// Start reading at Pack.
package lexicon
