package growth_test

import "github.com/sallyport/sallyport/internal/bench/crowd"

// administratorOperations are every list an administrator can page through, at its
// beginning and far into it, and by each of its filters.
func administratorOperations() []operation {
	const rounds = 60
	list := func(name, path, field string, deep func(h *house) string) operation {
		return operation{name, rounds, func(h *house) (timed, before func()) {
			path := path
			if deep != nil {
				path += deep(h)
			}
			return func() { h.page(path, field) }, nil
		}}
	}
	middle := func(table string) func(h *house) string {
		return func(h *house) string { return h.middle(table) }
	}
	noisy := func(h *house) string { return h.user(crowd.Noisy).ID }
	return []operation{
		list("people, first page", "/users", "users", nil),
		list("people, a page in the middle", "/users?after=", "users", middle("users")),
		list("people, by the beginning of an address", "/users?q=p7", "users", nil),
		list("one person", "/users/", "sessions", func(h *house) string { return h.user(h.visitor()).ID }),
		list("audit, first page", "/audit", "events", nil),
		list("audit, a page in the middle", "/audit?after=", "events", middle("audit_logs")),
		list("audit, about one user", "/audit?user=", "events", func(h *house) string { return h.user(h.visitor()).ID }),
		list("audit, about a user of many rows", "/audit?user=", "events", noisy),
		list("audit, by name", "/audit?name=authn_login_fail", "events", nil),
		list("audit, by name, in the middle", "/audit?name=authn_login_fail&after=", "events", middle("audit_logs")),
		list("audit, by a rare name", "/audit?name=user_email_changed", "events", nil),
		list("audit, by user and a common name", "/audit?name=session_renewed&user=", "?events", func(h *house) string { return h.user(h.visitor()).ID }),
		list("audit, by a user of many rows and name", "/audit?name=authn_login_fail&user=", "events", noisy),
		list("audit, by a user of many rows and a name they do not have", "/audit?name=user_email_changed&user=", "?events", noisy),
		list("sessions, first page", "/sessions", "sessions", nil),
		list("sessions, a page in the middle", "/sessions?after=", "sessions", middle("sessions")),
		list("sessions, last page", "/sessions?after=", "sessions", func(h *house) string { return h.oldestOpen() }),
		list("outbox, dead messages and counts", "/outbox?state=dead", "messages", nil),
		list("outbox, sent messages and counts", "/outbox?state=sent", "messages", nil),
		list("statistics of a day", "/statistics", "points", nil),
		{"an administrator steps down", rounds, func(h *house) (timed, before func()) {
			return func() {
				n, err := h.Store.CountAdmins(h.Ctx())
				if err != nil || n == 0 {
					h.t.Fatalf("administrators: got %d, %v, want some", n, err)
				}
			}, nil
		}},
		{"metrics", 20, func(h *house) (timed, before func()) {
			return func() {
				_, err := h.Gatherer().Gather()
				must(h.t, err)
			}, nil
		}},
	}
}
