// Package signin holds the conversation of a sign-in: what was proved so far,
// what policy still asks for, and the one place where a session is opened.
//
// It decides whether a second factor is due, for every way of signing in alike
// (MF-02): Next is a pure function of policy, user and proofs. It counts every
// try before it lets a factor compare (RL-04), so no factor can forget that. It
// also decides whether a proof is fresh enough for a guarded action. It refuses
// to know how a factor compares, how tokens are made and what HTTP is. Start
// reading at Next and Service.
package signin
