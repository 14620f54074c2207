package audit

// Canonical is the byte form of an event that the chain is computed over.
func Canonical(e Event) []byte { return e.canonical() }
