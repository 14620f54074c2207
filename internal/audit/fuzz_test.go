package audit_test

import (
	"bytes"
	"maps"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/audit"
)

// eventOf fills every field of an event from texts.
func eventOf(id, who, why, agent, key, value string, at int64) audit.Event {
	return audit.Event{
		ID: id, Name: audit.Name(why), Result: audit.Result(who), Reason: why, ActorID: who, ActorKind: key, TargetID: who + why,
		SessionID: value, Factor: key + value, At: time.UnixMicro(at % (1 << 50)).UTC(),
		Origin:  audit.Origin{ClientIP: agent, Prefix: id, RequestID: value, UserAgent: agent},
		Details: map[string]string{key: value, "k": who},
	}
}

// same compares two events as the log keeps them.
func same(a, b audit.Event) bool {
	details := maps.Equal(a.Details, b.Details) && (a.Details == nil) == (b.Details == nil)
	at := a.At.Equal(b.At)
	a.Details, b.Details, a.At, b.At = nil, nil, time.Time{}, time.Time{}
	left, right := [...]any{a.ID, a.Name, a.Result, a.Reason, a.ActorID, a.ActorKind, a.TargetID, a.SessionID, a.Factor, a.Origin},
		[...]any{b.ID, b.Name, b.Result, b.Reason, b.ActorID, b.ActorKind, b.TargetID, b.SessionID, b.Factor, b.Origin}
	return details && at && left == right
}

// FuzzCanonical holds that an event as it is written has one byte form, in one
// line, and that no other event has it, be it one that somebody made of a row:
// else a row could be changed and its hash still fit (AU-04, AU-05). Each pair of
// texts is tried as two events, and as one with its ends moved.
func FuzzCanonical(f *testing.F) {
	f.Add("1", "u", "wrong_password", "browser", "k", "v", int64(1), "1", "u", "wrong_password", "browser", "k", "w", int64(1))
	f.Add("a", "b\r\n{}", "\x1b[31m", "\u2028", "\"", "\\u000a", int64(-1), "a", "b", "\ufffd", "\xff", "k\x00", "v", int64(-1))
	f.Add("", "", "", "\xff", "", "", int64(0), "", "", "", "\ufffd", "", "", int64(0))
	f.Add("<", "&", ">", `"`, `","Factor":"`, `\`, int64(1<<49), "<", "&", ">", `"`, `","Factor":`, `"\`, int64(1<<49))
	f.Fuzz(func(t *testing.T, id, who, why, agent, key, value string, at int64, id2, who2, why2, agent2, key2, value2 string, at2 int64) {
		clean := eventOf(id, who, why, agent, key, value, at).Clean()
		clean.ID = audit.CleanText(id, 64)
		clean.Name, clean.Result = audit.Name(clean.Reason), audit.Result(clean.ActorID)
		form := audit.Canonical(clean)
		if bytes.ContainsAny(form, "\r\n") || bytes.Contains(form, []byte("\u2028")) || !utf8.Valid(form) || bytes.IndexByte(form, 0) >= 0 {
			t.Errorf("AU-04 got %q, want one line of text", form)
		}
		if !bytes.Equal(audit.Canonical(clean), form) {
			t.Error("AU-05 got another form at the second try")
		}
		for _, other := range []audit.Event{
			eventOf(id2, who2, why2, agent2, key2, value2, at2),
			eventOf(id2, who2, why2, agent2, key2, value2, at2).Clean(),
			moved(clean, id2), {}, eventOf(id, who, why, agent, key, value, at),
		} {
			if equal := bytes.Equal(audit.Canonical(other), form); equal != same(clean, other) {
				t.Errorf("AU-05 %+v and %+v: got equal forms %v, want %v", clean, other, equal, !equal)
			}
		}
	})
}

// moved is an event whose fields hold the same text, cut at other places.
func moved(e audit.Event, more string) audit.Event {
	e.Reason, e.ActorID = e.Reason+more, e.ActorID[:len(e.ActorID)/2]
	e.TargetID, e.SessionID = e.TargetID+e.SessionID, ""
	e.Details = nil
	return e
}
