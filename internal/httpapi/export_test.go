package httpapi

import (
	"context"
	"net/http"
)

// ParseStrict is opened to the tests.
func ParseStrict(data []byte) (any, error) { return parseStrict(data) }

// Introspected reads the token that a backend asks about.
func Introspected(r *http.Request) (string, error) { return introspected(r) }

// OnlyOnce reads query parameters of which each may come once.
func OnlyOnce(r *http.Request, names ...string) (map[string]string, error) {
	return onlyOnce(r, names...)
}

// ReturnTo decides whether a page of these origins may be returned to, and how
// its address is given back.
func ReturnTo(origins []string, to string) (string, error) {
	out, err := resources{Rooms: Rooms{Brand: Brand{Origins: origins}}}.returnTo(context.Background(), &returnToInput{To: to})
	if err != nil {
		return "", err
	}
	return out.Body.To, nil
}
