package config

import "time"

// Audit is how long the audit log is kept.
type Audit struct {
	Retention time.Duration // AUDIT_RETENTION; 0: for ever
}

func (a *Audit) block() block {
	return block{
		title: "Audit log",
		about: "What happened is written with the change and chained with a key; `sallyport audit verify` walks the chain.",
		settings: []Setting{{
			Name: "AUDIT_RETENTION", Default: "0s", into: span(&a.Retention, 0, 3650*24*time.Hour),
			Help: "How long rows are kept, such as 365d; 0s keeps them for ever. What is removed leaves a signed checkpoint, from which the chain goes on.",
		}},
	}
}
