package redis

import (
	"strings"

	"github.com/redis/rueidis"
)

// NewAnsweringStrings returns a limiter whose store answers every number as
// text, as some servers that speak the protocol do.
func NewAnsweringStrings(client rueidis.Client, prefix string) *Limiter {
	script := takeScript
	for _, verdict := range []string{"0", "1"} {
		script = strings.ReplaceAll(script, "return {"+verdict+", paid, now}",
			"return {'"+verdict+"', string.format('%.0f', paid), string.format('%.0f', now)}")
	}
	if script == takeScript {
		panic("take.lua changed: no answer was replaced")
	}
	return newLimiter(client, prefix, script)
}
