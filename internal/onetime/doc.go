// Package onetime describes the short-lived things that work once: sign-in
// attempts, challenges, mail links, OAuth states, tickets.
//
// They share one table, one_time_tokens, with the kind in the key, so that a
// thing of one kind can never be spent as another. Claiming is one conditional
// UPDATE that must touch exactly one row; the store offers it as ClaimOneTime
// and inside larger transactions. This package holds the words only; it knows
// no database and no clock. Start reading at Token.
package onetime
