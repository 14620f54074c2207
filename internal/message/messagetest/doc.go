// Package messagetest proves what package message counts on.
//
// RunOutbox is the conformance suite of the outbox table: internal/store calls
// it on SQLite and on PostgreSQL. Memory is an outbox without a database and
// Carrier a Sender without a carrier, for tests of other rooms. StartMailpit
// runs a real mail server to read mails back from. Only tests import this
// package. Start reading at RunOutbox.
package messagetest
