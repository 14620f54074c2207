// Package backupcode is the paper in the drawer: ten codes, each good once, for
// the day the other factors are lost.
//
// It decides how a code looks: two characters that select one row, so that each
// try costs one slow hash (BC-01), and 65 random bits kept as a password hash
// (BC-02). It refuses to count tries: package signin did before it calls. Start
// reading at Factor and New.
package backupcode
