package provider

import (
	"regexp"
	"slices"
	"strings"
)

// Targets are where a person may be sent after a sign-in (OA-11).
type Targets struct {
	// Base is the front end's address, without a slash at the end. Paths are
	// below it.
	Base string
	// Paths lists the paths that are allowed: "/welcome" is that one, "/app/*"
	// stands for "/app" and everything below it.
	Paths []string
	// Apps lists addresses that are allowed as they stand, for native apps:
	// "com.example.app:/signed-in".
	Apps []string
}

// goodPath is the shape of a path: segments of unreserved characters that begin
// with none of the dots, and a query of the same. Nothing is decoded, so nothing
// can mean something else after decoding: no %, no backslash, no second slash,
// no @, no colon.
var goodPath = regexp.MustCompile(`^(/|(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+/?)(\?[A-Za-z0-9_.~=&-]*)?$`)

// maxTarget is the longest address that is looked at, in bytes.
const maxTarget = 512

// GoodPath reports whether s is a path of this origin and nothing else, whatever
// reads it.
func GoodPath(s string) bool { return len(s) <= maxTarget && goodPath.MatchString(s) }

// Resolve returns the address to send a person to: the one asked for if it is
// allowed, else the front end's first page.
func (t Targets) Resolve(asked string) string {
	switch {
	case slices.Contains(t.Apps, asked):
		return asked
	case GoodPath(asked) && t.allows(asked):
		return t.Base + asked
	default:
		return t.Base + "/"
	}
}

func (t Targets) allows(asked string) bool {
	path, _, _ := strings.Cut(asked, "?")
	return slices.ContainsFunc(t.Paths, func(allowed string) bool {
		below, tree := strings.CutSuffix(allowed, "/*")
		if tree {
			return path == below || strings.HasPrefix(path, below+"/")
		}
		return path == allowed
	})
}
