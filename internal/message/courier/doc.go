// Package courier holds what every carrier that is reached by HTTP has in
// common.
//
// It decides the budget of a call, that redirects are not followed, how much of
// an answer is read, and how Retry-After is understood. It refuses to know what
// an answer means; that is each adapter's own. Start reading at Client.Do.
package courier
