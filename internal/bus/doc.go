// Package bus carries messages between the nodes of one installation: that a
// session was revoked, that an event goes out to connected clients.
//
// It decides what a subscriber may rely on: every message of a topic, in order,
// at least once, or else a word that some may be missing (Message.Gap). It is
// never the only place where something is written down. What must not be lost
// stands in the database first; the bus makes it known quickly, and after a gap
// the subscriber reads the database again. It refuses to know what a body means.
//
// Two buses keep the same promises, proved by one suite in bustest: bus/memory
// inside one process, bus/redis between nodes. Start reading at Bus.
package bus
