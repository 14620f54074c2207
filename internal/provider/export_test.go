package provider

// Derive is what a browser's secret gives for one use.
func Derive(s, use string) string { return secret(s).derive(use) }

// ReadSecret recognises the value of a passage's cookie.
func ReadSecret(s string) bool {
	_, ok := readSecret(s)
	return ok
}

// NewSecret is the value of a fresh passage's cookie.
func NewSecret() string { return string(newSecret()) }
