// Package storetest gives tests databases that have the tables and nothing in
// them. They are migrated once for a test program and copied then.
//
// It refuses to know what a test puts there; only tests import it. Where a test
// wants a database without tables, testbed has it.
package storetest
