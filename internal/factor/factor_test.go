package factor_test

import (
	"errors"
	"fmt"
	"testing"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/factor"
)

func TestPurpose(t *testing.T) {
	for name, tt := range map[string]struct {
		subject factor.Subject
		want    factor.Purpose
	}{
		"OT-02 a sign-in":                        {factor.Subject{UserID: "u", AttemptID: []byte("a")}, factor.SignIn},
		"OT-02 a step-up":                        {factor.Subject{UserID: "u", SessionID: "s"}, factor.StepUp},
		"OT-02 setting up in a session":          {factor.Subject{UserID: "u", SessionID: "s", Confirm: "e"}, factor.Confirm},
		"OT-02 setting up in the midst of it":    {factor.Subject{UserID: "u", AttemptID: []byte("a"), Confirm: "e"}, factor.Confirm},
		"OT-02 nothing said is the narrowest":    {factor.Subject{}, factor.SignIn},
		"OT-02 a session and an attempt at once": {factor.Subject{SessionID: "s", AttemptID: []byte("a")}, factor.StepUp},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.subject.Purpose(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestWrong(t *testing.T) {
	err := fmt.Errorf("checking: %w", factor.Wrong{Reason: "replayed"})
	if !errors.Is(err, factor.ErrWrong) || errors.Is(err, factor.ErrMalformed) {
		t.Errorf("TO-06 got %v, want it to be %v and nothing else", err, factor.ErrWrong)
	}
	if got, want := (factor.Wrong{Reason: "replayed"}).Error(), "factor: not proved: replayed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHint(t *testing.T) {
	for name, tt := range map[string]struct {
		of   factor.Enrolment
		want string
	}{
		"the end of a number":          {factor.Enrolment{Name: "work", Phone: "+441632960123"}, "•••• 123"},
		"a number too short to be one": {factor.Enrolment{Phone: "12"}, "•••• 12"},
		"the first letter of a box":    {factor.Enrolment{Name: "E-mail", Email: "ada@example.org"}, "a•••@example.org"},
		"a letter of two bytes":        {factor.Enrolment{Email: "é@example.org"}, "é•••@example.org"},
		"the name of an app":           {factor.Enrolment{Name: "old phone", Secret: []byte("secret")}, "old phone"},
	} {
		if got := tt.of.Hint(); got != tt.want || !utf8.ValidString(got) {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}
