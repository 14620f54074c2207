package redis

// OffsetRoundTrip reads an offset and writes it again; ok is false if it cannot
// be read.
func OffsetRoundTrip(offset string) (again string, ok bool) {
	p, ok := parseOffset(offset)
	return p.offset(), ok
}
