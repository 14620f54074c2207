// Package redis keeps rate limits in Redis, and the places of open connections, so
// that all nodes count together
// and a restart of a node forgets nothing (RL-11).
//
// It decides nothing about the limits themselves: the script take.lua is
// limit.Rule.Spend word for word, run inside Redis so that no other request
// comes in between, on the clock of Redis so that the nodes' own clocks do not
// matter. One key per limited thing holds one number and expires by itself.
// Keys are hashes; no address and no e-mail is ever sent.
//
// It refuses to know what to do when Redis is away: every failure is an error,
// within the deadline of the caller's context, and limit.Fallback stands in
// front.
//
// Start reading at Limiter.Take and take.lua, or at Places.Claim and claim.lua.
package redis
