// Package netaddr says which address a request came from and under which text
// that address is counted.
//
// It decides two things. Whom to believe: X-Forwarded-For counts only when the
// TCP peer is one of the trusted proxies, and then the right-most hop that is
// not itself such a proxy is the client (RL-08). And what one client is: an
// IPv4 address as it stands, an IPv6 address together with its whole network,
// /64 unless set otherwise (RL-07).
//
// X-Forwarded-For is the only header that is read. Forwarded (RFC 7239),
// X-Real-IP and the vendors' own names are ignored on purpose: a proxy passes
// headers it does not know through untouched, so every further name would be
// one more a client can write itself. Nothing here tells scheme or host: those
// come from the configuration, never from a request.
//
// Start reading at Resolver.Client.
package netaddr
