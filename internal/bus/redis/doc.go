// Package redis is the bus between nodes: one Redis Stream for each topic,
// written by everybody, read by every node by offset.
//
// It decides how a loss is noticed. Messages of a topic are numbered without
// holes, inside the script that appends them; where the numbering starts anew it
// starts at the time of day in microseconds, so old and new never meet. A number
// that does not follow the last one, a stream that ends before the place already
// reached, or another run of the server (which may have come back without its
// last second) is a gap. A connection that broke and came back to the same run is
// none: the node reads on where it stopped.
//
// It refuses to be waited for: opening, publishing and health return in bounded
// time whatever Redis does, and a subscription retries until its context ends.
//
// Use one Redis address that does not evict keys (maxmemory-policy noeviction);
// sentinels and clusters are reached through a single stable address.
//
// Start reading at Dial and Bus, then subscription, which is where the work is.
package redis
