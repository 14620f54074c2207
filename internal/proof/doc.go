// Package proof holds the plain words for what a person has shown: the factors,
// one proof, and the assurance level a set of proofs adds up to.
//
// It decides which proofs make aal1 and aal2 (NIST SP 800-63B-4 §2) and what
// the amr claim says (RFC 8176, MF-05). It refuses to know how a factor checks
// anything. Start reading at Proof and LevelOf.
package proof
