package growth_test

import (
	"encoding/json"
	"fmt"

	"github.com/sallyport/sallyport/internal/apptest"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/signin"
)

// peopleOperations are what people's applications ask for all day.
func peopleOperations() []operation {
	return []operation{
		{"GET /me", 200, reading("/me")},
		{"GET /me/sessions", 200, reading("/me/sessions")},
		{"GET /me/events", 200, reading("/me/events")},
		{"GET /mfa/status", 200, reading("/mfa/status")},
		{"POST /auth/refresh", 100, refreshing},
		{"sign-in without the hash", 100, signingIn},
		{"POST /auth/login", 20, func(h *house) (timed, before func()) {
			return func() {
				h.ask("POST", "/auth/login", "", fmt.Sprintf(`{"email":%q,"password":%q}`, h.Email(h.visitor()), apptest.Password))
			}, nil
		}},
	}
}

// reading asks for that with the tokens of one person after another.
func reading(path string) func(h *house) (timed, before func()) {
	return func(h *house) (timed, before func()) {
		all, turn := h.tokens(50), 0
		return func() {
			turn++
			h.ask("GET", path, all[turn%len(all)].Access, "")
		}, nil
	}
}

func refreshing(h *house) (timed, before func()) {
	all, turn := h.tokens(50), 0
	return func() {
		turn++
		held := &all[turn%len(all)].Refresh
		var got struct {
			Refresh string `json:"refresh_token"`
		}
		body := h.ask("POST", "/auth/refresh", "", fmt.Sprintf(`{"refresh_token":%q}`, *held))
		if err := json.Unmarshal(body, &got); err != nil || got.Refresh == "" {
			h.t.Fatalf("refresh: got %s, want a token", body)
		}
		*held = got.Refresh
	}, nil
}

// signingIn is what a sign-in by password does but for the hash itself.
func signingIn(h *house) (timed, before func()) {
	return func() {
		n := h.visitor()
		u := h.user(n)
		if c, err := h.Store.CountAttempt(h.Ctx(), u.ID, proof.Password, h.Clock.Now(), signin.DefaultCurve); err != nil || !c.Evaluate {
			h.t.Fatalf("a try of user %d: got %+v, %v, want it counted", n, c, err)
		}
		must(h.t, h.Store.ClearAttempts(h.Ctx(), u.ID, proof.Password))
		h.open(n, proof.Proof{Method: proof.Password})
	}, nil
}
