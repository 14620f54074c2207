// Package assurance says which test shows which guarantee.
//
// It decides what counts as a proof: a test whose name, or a message of which,
// carries the id of a requirement. It refuses to know whether the test is any
// good; that is for people to read. Start reading at Read, and at
// requirements.txt, which has the ids in our own words.
package assurance
