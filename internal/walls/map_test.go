package walls_test

import (
	"fmt"
	"slices"
	"strings"
)

// The house has levels, and arrows point down only: a room may import every room
// of the levels below its own, and on its own level what sideways lists.
const (
	words    = iota // plain words: stand on nothing
	domain          // what the server knows about people, sessions, messages
	journeys        // the conversations that bring the domain together
	adapters        // the outside: HTTP, sockets, SQL, carriers, factors
	top             // builds everything, knows everyone
	command
)

// levels is the map of the house. A new room is entered here.
var levels = map[string]int{
	"fault": words, "clock": words, "ident": words, "opaque": words, "proof": words,
	"onetime": words, "netaddr": words, "phone": words, "recent": words, "rsakey": words, "statistics": words, "topic": words,

	"account": domain, "audit": domain, "bus": domain, "factor": domain, "limit": domain, "message": domain,
	"provider": domain, "seal": domain, "session": domain, "token": domain, "toll": domain,

	"signin": journeys, "enrolment": journeys, "challenge": journeys,

	"config": adapters, "gateway": adapters, "httpapi": adapters, "store": adapters, "web": adapters,

	"app": top, "assurance": top,
	"cmd": command,
}

// plugRooms hold plug-ins: each folder inside is a room of its own, an adapter.
// A new plug-in needs no line here.
var plugRooms = []string{"factor", "provider", "message", "limit", "bus"}

// sideways lists the arrows within one level, each with its reason.
var sideways = map[[2]string]string{
	{"audit", "message"}:   "a trail carries the messages that are sealed and queued with the change",
	{"session", "token"}:   "a session is what access tokens are issued for",
	{"session", "audit"}:   "opening and ending leave a trail",
	{"session", "bus"}:     "revocations travel from node to node",
	{"account", "audit"}:   "every change of an account leaves a trail",
	{"account", "session"}: "a change of password ends sessions",
	{"account", "bus"}:     "nodes tell each other whose profile has changed",
	{"account", "message"}: "people are told of changes to their account",

	{"provider", "account"}: "an identity belongs to a user",
	{"provider", "audit"}:   "every decision leaves a trail",
	{"provider", "session"}: "taking an account over, and unlinking, end sessions",
	{"provider", "message"}: "people are told of what is linked to their account",

	{"provider/google", "provider/oidc"}:    "Google speaks OpenID Connect",
	{"provider/microsoft", "provider/oidc"}: "Microsoft speaks OpenID Connect",

	{"enrolment", "signin"}: "what counts as a fresh proof is decided once",

	{"message/twilio", "message/courier"}:     "courier holds what carriers reached by HTTP share",
	{"message/smswebhook", "message/courier"}: "courier holds what carriers reached by HTTP share",
}

// onlyFrom lists rooms that only the named rooms may import, whatever the level.
var onlyFrom = map[string][]string{
	"config": {"app", "cmd"},
	"app":    {"cmd"},
	"web":    {"app"},
}

// foreign lists packages from outside that only the named rooms may import;
// with none named, none.
var foreign = []struct {
	path   string // and all below it
	rooms  []string
	reason string
}{
	{"math/rand", nil, "what is random here must not be guessed (OP-01)"},
	{"unsafe", nil, "nothing here is worth it"},
	{"C", nil, "the binary is static"},
	{"log", nil, "log/slog, and the logger is handed over"},
	{"testing", nil, "tests only"},
	{"os/exec", nil, "the server starts no programs"},
	{"database/sql", []string{"store"}, "only the store speaks SQL"},
	{"github.com/jackc/pgx/v5", []string{"store"}, "only the store speaks SQL"},
	{"modernc.org/sqlite", []string{"store"}, "only the store speaks SQL"},
	{"github.com/pressly/goose/v3", []string{"store"}, "only the store migrates"},
	{"github.com/redis/rueidis", []string{"bus/redis", "limit/redis", "app"}, "what Redis does stands behind an interface"},
	{"github.com/danielgtaylor/huma/v2", []string{"httpapi"}, "the domain knows no HTTP framework"},
	{"github.com/coder/websocket", []string{"gateway"}, "sockets stand behind the gateway"},
	{"github.com/golang-jwt/jwt/v5", []string{"token"}, "one room signs and verifies"},
	{"github.com/go-webauthn/webauthn", []string{"factor/passkey"}, "one room knows authenticators"},
	{"github.com/trustelem/zxcvbn", nil, "its dictionaries are eight megabytes of heap; guess does its work"},
	{"github.com/pquerna/otp", []string{"factor/totp"}, "one room computes codes"},
	{"golang.org/x/oauth2", []string{"provider", "provider/oidc", "provider/github"}, "providers stand behind an interface"},
	{"github.com/wneessen/go-mail", []string{"message/smtp"}, "one room speaks SMTP"},
	{"github.com/alecthomas/kong", []string{"cmd"}, "only commands know arguments"},
}

// noHTTP tells the rooms that know no HTTP: all below the adapters, but for
// netaddr, which reads a request's headers, and provider, which holds the client
// that every provider shares.
func noHTTP(room string) bool {
	return levelOf(room) <= journeys && room != "netaddr" && room != "provider"
}

// refusal says why a product file of room from may not import to, which is a
// room of ours; "" if it may.
func refusal(from, to string) string {
	switch {
	case from == to:
		return ""
	case forTests(from):
		return "" // conformance suites and test services reach where they must
	case forTests(to):
		return to + " is for tests only"
	case levelOf(from) < 0:
		return from + " is not on the map; enter it in levels"
	case levelOf(to) < 0:
		return to + " is not on the map; enter it in levels"
	}
	if rooms, ok := onlyFrom[to]; ok && !slices.Contains(rooms, from) {
		return fmt.Sprintf("only %s may import %s", strings.Join(rooms, ", "), to)
	}
	if levelOf(from) > levelOf(to) {
		return ""
	}
	if levelOf(from) < levelOf(to) {
		return fmt.Sprintf("arrows point down: %s is above %s", to, from)
	}
	if sideways[[2]string{from, to}] == "" {
		return fmt.Sprintf("%s and %s are on one level, and sideways does not list the arrow", from, to)
	}
	return ""
}

// foreignRefusal says why a product file of that room may not import a package
// from outside; "" if it may.
func foreignRefusal(room, path string) string {
	if forTests(room) {
		return ""
	}
	if noHTTP(room) && (path == "net/http" || strings.HasPrefix(path, "net/http/")) {
		return "net/http: the domain knows no HTTP"
	}
	for _, f := range foreign {
		if (path == f.path || strings.HasPrefix(path, f.path+"/") && f.path != "log") && !slices.Contains(f.rooms, room) {
			return fmt.Sprintf("%s: %s", path, f.reason)
		}
	}
	return ""
}

// levelOf returns the level of a room, -1 for one that is not on the map.
func levelOf(room string) int {
	if host, _, ok := strings.Cut(room, "/"); ok && slices.Contains(plugRooms, host) {
		return adapters
	}
	if level, ok := levels[room]; ok {
		return level
	}
	return -1
}

// forTests reports whether a room exists for tests alone: the test services, the
// journeys, measurements and faults from outside, this package, and conformance
// suites such as limit/limittest.
func forTests(room string) bool {
	return slices.Contains([]string{"testbed", "journey", "bench", "faults", "timing", "walls"}, room) || strings.HasSuffix(room, "test")
}

// roomOf returns the room of a folder of the repository, "" for one that holds
// no room: "internal/factor/password/fingerprint" is in "factor/password",
// "internal/httpapi/middleware" in "httpapi", "cmd/sallyport" in "cmd".
func roomOf(folder string) string {
	parts := strings.Split(folder, "/")
	if parts[0] != "internal" {
		return parts[0]
	}
	if len(parts) > 2 && slices.Contains(plugRooms, parts[1]) {
		return parts[1] + "/" + parts[2]
	}
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}
