package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/fault"
)

func TestCodes(t *testing.T) {
	seen := map[string]fault.Code{}
	for _, c := range fault.Codes() {
		if c.Title() == "" || c.Sentence() == "" || !strings.HasSuffix(c.Sentence(), ".") {
			t.Errorf("%s: got title %q and sentence %q, want both, the sentence with its full stop", c, c.Title(), c.Sentence())
		}
		if other, twice := seen[c.Title()]; twice {
			t.Errorf("%s and %s share the title %q", c, other, c.Title())
		}
		seen[c.Title()] = c
		if strings.Trim(string(c), "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("%s: got other characters, want small letters and underscores", c)
		}
		if c.Kind() == fault.Internal && c != fault.CodeInternal {
			t.Errorf("%s: got the kind of an internal error, want one of its own", c)
		}
	}
	if got := fault.Code("made_up").Kind(); got != fault.Internal {
		t.Errorf("a code that is none: got kind %v, want Internal", got)
	}
}

func TestOf(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want fault.Code
	}{
		"nil":       {nil, ""},
		"foreign":   {errors.New("disk full"), fault.CodeInternal},
		"ours":      {fault.New(fault.CodeConflict), fault.CodeConflict},
		"wrapped":   {fmt.Errorf("saving: %w", fault.New(fault.CodeBusy)), fault.CodeBusy},
		"the outer": {fault.Because(fault.CodeInvalidToken, fault.New(fault.CodeNotFound)), fault.CodeInvalidToken},
	} {
		if got := fault.Of(tt.err); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestError(t *testing.T) {
	cause := errors.New("row 7 is locked")
	e := fault.Because(fault.CodeUnavailable, cause)
	if !errors.Is(e, cause) || !errors.Is(e, fault.New(fault.CodeUnavailable)) || errors.Is(e, fault.New(fault.CodeBusy)) {
		t.Errorf("got %v, want it to be its cause and its code, and no other", e)
	}
	if got := e.Error(); got != "temporarily_unavailable: row 7 is locked" {
		t.Errorf("got %q, want the cause for the log", got)
	}
	full := e.WithDetail("Soon.").WithFields(fault.Field{Path: "a"}).WithRetryAfter(time.Second).WithNeed(fault.Need{ACR: "aal2"})
	if e.Detail != "" || e.Fields != nil || e.RetryAfter != 0 || e.Need != nil {
		t.Errorf("got %+v, want the first untouched", e)
	}
	if full.Detail != "Soon." || len(full.Fields) != 1 || full.RetryAfter != time.Second || full.Need.ACR != "aal2" || !errors.Is(full, cause) {
		t.Errorf("got %+v, want all four and the cause", full)
	}
	a := fault.New(fault.CodeInvalidRequest).WithFields(fault.Field{Path: "a"})
	b, c := a.WithFields(fault.Field{Path: "b"}), a.WithFields(fault.Field{Path: "c"})
	if b.Fields[1].Path != "b" || c.Fields[1].Path != "c" {
		t.Errorf("got %v and %v, want copies that share nothing", b.Fields, c.Fields)
	}
}
