package crowd

import (
	"fmt"
	"strings"
)

// words are what the engines spell differently. n is the number of the row that is
// being made, from 1.
type words struct{ postgres bool }

// text is a number as text.
func (words) text(expr string) string { return "CAST(" + expr + " AS TEXT)" }

// hex is a number as so many lower-case digits.
func (w words) hex(expr string, width int) string {
	if w.postgres {
		return fmt.Sprintf("LPAD(TO_HEX(%s), %d, '0')", expr, width)
	}
	return fmt.Sprintf("PRINTF('%%0%dx', %s)", width, expr)
}

// random is that many bytes that differ from row to row, a multiple of 16.
func (w words) random(size int) string {
	if !w.postgres {
		return fmt.Sprintf("RANDOMBLOB(%d)", size)
	}
	return "DECODE(" + w.randomHex(size) + ", 'hex')"
}

// randomHex is the text of that many bytes that differ from row to row.
func (w words) randomHex(size int) string {
	if !w.postgres {
		return fmt.Sprintf("LOWER(HEX(RANDOMBLOB(%d)))", size)
	}
	var parts []string
	for i := range size / 16 {
		parts = append(parts, fmt.Sprintf("MD5(n || '/%d')", i))
	}
	return strings.Join(parts, " || ")
}

// id is a UUIDv7 of that microsecond: kind tells the tables apart, number the rows.
func (w words) id(kind int, micros, number string) string {
	ms := "((" + micros + ") / 1000)"
	return w.hex(ms+" / 65536", 8) + " || '-' || " + w.hex(ms+" % 65536", 4) +
		fmt.Sprintf(" || '-7%03x-8000-' || ", kind) + w.hex(number, 12)
}

// series is the numbers 1 to count as n.
func (w words) series(count int) string {
	if w.postgres {
		return fmt.Sprintf("GENERATE_SERIES(CAST(1 AS BIGINT), CAST(%d AS BIGINT)) AS s (n)", count)
	}
	return fmt.Sprintf("(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s) AS s", count)
}
