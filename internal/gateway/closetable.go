package gateway

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// CloseTable is the table as docs/gateway.md shows it, in Markdown.
func CloseTable() string {
	var b strings.Builder
	b.WriteString("| code | reason | reconnect | wait at least | when |\n|---|---|---|---|---|\n")
	for _, c := range CloseCodes() {
		wait := "–"
		if c.Backoff > 0 {
			wait = fmt.Sprintf("%d s", int(c.Backoff.Seconds()))
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s | %s |\n", c.Code, c.Name, c.Reconnect, wait, c.Meaning)
	}
	return b.String()
}

// The TypeScript that stands around the rows.
const (
	scriptHead = `// Written by go run ./internal/app/gen from the server's own table: change
// internal/gateway/closecodes.go, never this file.

/** What to do after a close code: "after auth" wants a fresh token first. */
export type Reconnect = "no" | "yes" | "after auth";

/**
 * Every code that the server closes a socket with. The reason on the wire begins
 * with the name. Wait at least waitMs before the first new attempt, plus jitter;
 * a code that is not listed, or none: reconnect with backoff.
 */
export const closeCodes = [
`
	scriptFoot = `] as const;

/** One row of the table. */
export type CloseCode = (typeof closeCodes)[number];
`
	scriptWidth = 80 // where the formatter of the web pages breaks lines
)

// WriteCloseScript writes the table as TypeScript, for clients.
func WriteCloseScript(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(scriptHead)
	for _, c := range CloseCodes() {
		b.WriteString("  {\n")
		fmt.Fprintf(&b, "    code: %d,\n    name: %q,\n    reconnect: %q,\n    waitMs: %s,\n",
			c.Code, c.Name, c.Reconnect, digits(c.Backoff.Milliseconds()))
		line := fmt.Sprintf("    meaning: %q,", c.Meaning)
		if len(line) > scriptWidth {
			line = fmt.Sprintf("    meaning:\n      %q,", c.Meaning)
		}
		b.WriteString(line + "\n  },\n")
	}
	b.WriteString(scriptFoot)
	_, err := w.Write(b.Bytes())
	return err
}

// digits writes a number with a mark between thousands, as the linter of the
// web pages wants it from five digits on.
func digits(n int64) string {
	if n < 10_000 {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%s_%03d", digits(n/1000), n%1000)
}
