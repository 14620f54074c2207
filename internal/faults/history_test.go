package faults_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/faults"
)

func TestCheck(t *testing.T) {
	op := func(kind faults.Kind, outcome faults.Outcome, sent, done time.Duration) faults.Op {
		return faults.Op{Kind: kind, Subject: "it", Outcome: outcome, Sent: sent, Done: done}
	}
	other := op(faults.Spend, faults.OK, 3, 4)
	other.Subject = "another"
	at := func(node string, o faults.Op) faults.Op {
		o.Node = node
		return o
	}
	ended := at("one", op(faults.Revoke, faults.OK, 1*time.Second, 2*time.Second))
	for name, c := range map[string]struct {
		ops  []faults.Op
		want int
	}{
		"nothing happened":                    {nil, 0},
		"spent once":                          {[]faults.Op{op(faults.Spend, faults.OK, 1, 2), op(faults.Spend, faults.Refused, 3, 4)}, 0},
		"two things spent once each":          {[]faults.Op{op(faults.Spend, faults.OK, 1, 2), other}, 0},
		"spent twice":                         {[]faults.Op{op(faults.Spend, faults.OK, 1, 2), op(faults.Spend, faults.OK, 3, 4)}, 1},
		"spent twice at the same time":        {[]faults.Op{op(faults.Spend, faults.OK, 1, 4), op(faults.Spend, faults.OK, 2, 3)}, 1},
		"an unanswered spend may not count":   {[]faults.Op{op(faults.Spend, faults.Unknown, 1, 2), op(faults.Spend, faults.OK, 3, 4)}, 0},
		"kept and found":                      {[]faults.Op{op(faults.Keep, faults.OK, 1, 2), op(faults.Find, faults.OK, 3, 4)}, 0},
		"acknowledged and lost":               {[]faults.Op{op(faults.Keep, faults.OK, 1, 2), op(faults.Find, faults.Refused, 3, 4)}, 1},
		"never acknowledged and not there":    {[]faults.Op{op(faults.Keep, faults.Unknown, 1, 2), op(faults.Find, faults.Refused, 3, 4)}, 0},
		"looked for while it was made":        {[]faults.Op{op(faults.Keep, faults.OK, 1, 4), op(faults.Find, faults.Refused, 2, 3)}, 0},
		"nobody answered whether it is there": {[]faults.Op{op(faults.Keep, faults.OK, 1, 2), op(faults.Find, faults.Unknown, 3, 4)}, 0},
		"works after it was revoked":          {[]faults.Op{op(faults.Revoke, faults.OK, 1, 2), op(faults.Work, faults.OK, 3, 4)}, 1},
		"worked while it was revoked":         {[]faults.Op{op(faults.Revoke, faults.OK, 1, 4), op(faults.Work, faults.OK, 2, 3)}, 0},
		"worked before it was revoked":        {[]faults.Op{op(faults.Work, faults.OK, 1, 2), op(faults.Revoke, faults.OK, 3, 4)}, 0},
		"entered in another order":            {[]faults.Op{op(faults.Work, faults.OK, 3, 4), op(faults.Revoke, faults.OK, 1, 2)}, 1},
		"TK-11 works where it was revoked":    {[]faults.Op{ended, at("one", op(faults.Work, faults.OK, 3*time.Second, 4*time.Second))}, 1},
		"TK-11 works elsewhere for a moment":  {[]faults.Op{ended, at("two", op(faults.Work, faults.OK, 6*time.Second, 8*time.Second))}, 0},
		"TK-11 works elsewhere for too long":  {[]faults.Op{ended, at("two", op(faults.Work, faults.OK, 8*time.Second, 9*time.Second))}, 1},
		"no node has time for what is stored": {[]faults.Op{ended, op(faults.Work, faults.OK, 3*time.Second, 4*time.Second)}, 1},
		"works again elsewhere": {[]faults.Op{ended, at("two", op(faults.Work, faults.Refused, 3*time.Second, 4*time.Second)),
			at("two", op(faults.Work, faults.OK, 5*time.Second, 6*time.Second))}, 1},
		"refused here while it works elsewhere": {[]faults.Op{ended, at("one", op(faults.Work, faults.Refused, 3*time.Second, 4*time.Second)),
			at("two", op(faults.Work, faults.OK, 5*time.Second, 6*time.Second))}, 0},
		"works again after it was revoked twice": {[]faults.Op{ended, at("two", op(faults.Revoke, faults.OK, 2*time.Second, 3*time.Second)),
			at("two", op(faults.Work, faults.OK, 4*time.Second, 5*time.Second))}, 1},
		"refused before it was revoked": {[]faults.Op{at("two", op(faults.Work, faults.Refused, 1, 2)), ended,
			at("two", op(faults.Work, faults.OK, 3*time.Second, 4*time.Second))}, 0},
		"refused after it was revoked": {[]faults.Op{op(faults.Revoke, faults.OK, 1, 2), op(faults.Work, faults.Refused, 3, 4)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := &faults.History{}
			for _, o := range c.ops {
				h.Add(o)
			}
			if got := faults.Check(h.Ops()); len(got) != c.want {
				t.Errorf("got %q, want %d broken promises", got, c.want)
			}
		})
	}
}
