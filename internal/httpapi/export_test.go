package httpapi

// ParseStrict is opened to the tests.
func ParseStrict(data []byte) (any, error) { return parseStrict(data) }
