package provider

// Derive is what a browser's secret gives for one use.
func Derive(s, use string) string { return secret(s).derive(use) }
