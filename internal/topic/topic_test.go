package topic_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/topic"
)

func TestValid(t *testing.T) {
	for name, want := range map[string]bool{
		"news": true, "orders/42": true, "a.b_c:d-e/F9": true, strings.Repeat("x", topic.MaxBytes): true,
		"": false, "/": false, "a/": false, "/a": false, "a//b": false, "a b": false, "a/*": false, "{user}": false, "é": false,
		"a\n": false, "a\x00": false, strings.Repeat("x", topic.MaxBytes+1): false,
	} {
		if got := topic.Valid(name); got != want {
			t.Errorf("Valid(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestParseRule(t *testing.T) {
	for _, good := range []string{"news", "news/*", "users/{user}", "users/{user}/*", "{session}/x", "{user}/{session}"} {
		r, err := topic.ParseRule(good)
		if err != nil || r.String() != good {
			t.Errorf("ParseRule(%q) = %q, %v, want itself", good, r, err)
		}
	}
	for _, bad := range []string{"", "*", "/*", "a/*/b", "a/**", "a*", "{user}x", "{admin}", "{user", "user}", "a//*", "a b/*"} {
		if r, err := topic.ParseRule(bad); err != topic.ErrRule {
			t.Errorf("ParseRule(%q) = %q, %v, want ErrRule", bad, r, err)
		}
	}
}

func TestWS05RuleAllows(t *testing.T) {
	const alice, desk = "0190-alice", "0190-desk"
	for _, tt := range []struct {
		rule, name string
		want       bool
	}{
		{"news", "news", true},
		{"news", "News", false},
		{"news", "news/sport", false},
		{"news/*", "news/sport", true},
		{"news/*", "news/sport/today", true},
		{"news/*", "news", false},
		{"news/*", "newspaper/x", false},
		{"users/{user}/orders", "users/" + alice + "/orders", true},
		{"users/{user}/orders", "users/0190-bob/orders", false},
		{"users/{user}/*", "users/" + alice + "/a/b", true},
		{"users/{user}/*", "users/" + alice, false},
		{"users/{user}/*", "users/" + alice + "x/a", false},
		{"users/{user}", "users/{user}", false},
		{"desks/{session}", "desks/" + desk, true},
		{"desks/{session}", "desks/" + alice, false},
		{"a/b/c", "a/b", false},
	} {
		r, err := topic.ParseRule(tt.rule)
		if err != nil {
			t.Fatalf("ParseRule(%q): %v", tt.rule, err)
		}
		if got := r.Allows(tt.name, alice, desk); got != tt.want {
			t.Errorf("%s allows %s: got %v, want %v", tt.rule, tt.name, got, tt.want)
		}
	}
	if (topic.Rule{}).Allows("news", alice, desk) {
		t.Error("the zero rule allows news, want nothing")
	}
}

func FuzzRule(f *testing.F) {
	f.Add("users/{user}/*", "users/u/x")
	f.Add("*", "a")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		r, err := topic.ParseRule(pattern)
		if err == nil && r.Allows(name, "u", "s") && !topic.Valid(name) {
			t.Errorf("%q allows %q, which is no topic", pattern, name)
		}
		if err != nil && r != (topic.Rule{}) {
			t.Errorf("got %q with an error, want the zero rule", r)
		}
	})
}
