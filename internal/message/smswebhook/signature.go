package smswebhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The bounds of a secret, in bytes (Standard Webhooks, "Signature scheme").
const (
	shortestSecret = 24
	longestSecret  = 64
)

// Secret is a signing key shared with the receiver.
type Secret struct{ key []byte }

// ParseSecret reads a secret as it is written down: whsec_ and base64 of 24 to
// 64 random bytes.
func ParseSecret(s string) (Secret, error) {
	rest, ok := strings.CutPrefix(s, "whsec_")
	if !ok {
		return Secret{}, errors.New("smswebhook: the secret does not begin with whsec_")
	}
	key, err := base64.StdEncoding.DecodeString(rest)
	if err != nil {
		return Secret{}, errors.New("smswebhook: the secret is not base64 after whsec_")
	}
	if len(key) < shortestSecret || len(key) > longestSecret {
		return Secret{}, errors.New("smswebhook: the secret does not have 24 to 64 bytes")
	}
	return Secret{key}, nil
}

// Sign returns the signature of a body: "v1," and base64 of the HMAC-SHA256 over
// id, time in seconds and body, joined by dots.
func (s Secret) Sign(id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// String keeps the key out of logs.
func (s Secret) String() string { return "whsec_[hidden]" }

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }
