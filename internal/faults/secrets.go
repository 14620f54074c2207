package faults

import (
	"encoding/json"
	"net/url"
	"strings"
)

// written is how much of a secret is looked for: enough that nothing else looks
// like it, and little enough that a cut line does not hide it.
const written = 40

// Leaks reports whether a text holds the secret: as it stands, as an address or a
// form has it, or as JSON has it; of a JWT its payload or its signature is enough.
// A code of digits counts where it stands alone: not inside a longer number, a
// fraction, or after a colon, where numbers of a log line stand.
func Leaks(text, secret string) bool {
	if secret == "" {
		return false
	}
	if strings.Trim(secret, "0123456789") == "" {
		return alone(text, secret)
	}
	if parts := strings.Split(secret, "."); len(parts) == 3 {
		return strings.Contains(text, cut(parts[1])) || strings.Contains(text, cut(parts[2]))
	}
	for _, form := range forms(secret) {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// forms are the ways a secret can be written, each once.
func forms(secret string) []string {
	out := []string{cut(secret)}
	quoted, err := json.Marshal(secret)
	if err != nil {
		return out
	}
	for _, form := range []string{url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`)} {
		if form != secret {
			out = append(out, cut(form))
		}
	}
	return out
}

func cut(s string) string { return s[:min(len(s), written)] }

// alone reports whether the digits stand in the text as a word of their own.
func alone(text, digits string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], digits)
		if i < 0 {
			return false
		}
		start := from + i
		end := start + len(digits)
		if (start == 0 || !strings.ContainsRune("0123456789.:+", rune(text[start-1]))) &&
			(end == len(text) || text[end] < '0' || text[end] > '9') {
			return true
		}
		from = start + 1
	}
}
