package config

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what stands for a secret wherever it is printed.
const hidden = "(hidden)"

// Secret is a text nobody may print by accident: every way of formatting it
// shows a placeholder. The text sits behind a pointer, so that even a struct
// that holds it in an unexported field prints an address at most. The zero
// value is the empty secret.
type Secret struct{ p *string }

// NewSecret hides text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text. Call it where the text is used, not earlier.
func (s Secret) Reveal() string {
	if s.p == nil {
		return ""
	}
	return *s.p
}

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return s.p == nil }

// String returns a placeholder, or "" for the empty secret.
func (s Secret) String() string {
	if s.p == nil {
		return ""
	}
	return hidden
}

// Format prints the placeholder for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText gives the placeholder to encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue gives the placeholder to slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Key is secret bytes with the same manners as Secret.
type Key struct{ p *[]byte }

// NewKey hides b, which the caller must not change afterwards.
func NewKey(b []byte) Key { return Key{&b} }

// Bytes returns the key. The caller must not change it.
func (k Key) Bytes() []byte {
	if k.p == nil {
		return nil
	}
	return *k.p
}

// String returns a placeholder, or "" for the zero Key.
func (k Key) String() string {
	if k.p == nil {
		return ""
	}
	return hidden
}

// Format prints the placeholder for every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText gives the placeholder to encoders.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue gives the placeholder to slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// DSN is a connection URL that may carry a password. It prints with the
// password left out.
type DSN struct {
	p     *string
	shown string
}

// Reveal returns the whole URL.
func (d DSN) Reveal() string {
	if d.p == nil {
		return ""
	}
	return *d.p
}

// Empty reports whether there is no URL.
func (d DSN) Empty() bool { return d.p == nil }

// String returns the URL with its password replaced.
func (d DSN) String() string { return d.shown }

// Format prints String for every verb.
func (d DSN) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, d.shown) }

// MarshalText gives String to encoders.
func (d DSN) MarshalText() ([]byte, error) { return []byte(d.shown), nil }

// LogValue gives String to slog.
func (d DSN) LogValue() slog.Value { return slog.StringValue(d.shown) }
