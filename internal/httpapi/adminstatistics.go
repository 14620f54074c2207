package httpapi

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/account"
)

type statisticsInput struct {
	Hours int `query:"hours" minimum:"1" maximum:"168" default:"24" doc:"How far back."`
}

type statisticsOutput struct {
	Body struct {
		Step   int         `json:"step" doc:"Seconds from one point to the next."`
		Points []pointBody `json:"points" doc:"Oldest first, also where nothing happened."`
	} `nameHint:"Statistics"`
}

type pointBody struct {
	At                time.Time `json:"at"`
	SignIns           int       `json:"sign_ins" doc:"Sessions opened."`
	Failures          int       `json:"failures" doc:"Wrong passwords and codes."`
	Connections       int       `json:"connections" doc:"The most that each node held, added up."`
	Revocations       int       `json:"revocations" doc:"Sockets closed because what they rested on was revoked."`
	RevocationSeconds float64   `json:"revocation_seconds" doc:"Mean time from the revoking transaction to the close frame."`
	RevocationWorst   float64   `json:"revocation_worst_seconds" doc:"What none of them exceeded."`
}

// points is how many a chart has at the most.
const points = 96

func (h resources) statistics(ctx context.Context, _ account.Actor, in *statisticsInput) (*statisticsOutput, error) {
	span := time.Duration(in.Hours) * time.Hour
	step := max(span/points, time.Minute).Truncate(time.Minute)
	to := h.Clock().Truncate(step).Add(step)
	all, err := h.Server.Statistics(ctx, to.Add(-span), to, step)
	if err != nil {
		return nil, err
	}
	out := &statisticsOutput{}
	out.Body.Step, out.Body.Points = int(step.Seconds()), make([]pointBody, 0, len(all))
	for _, p := range all {
		out.Body.Points = append(out.Body.Points, pointBody{
			p.At, p.SignIns, p.Failures, p.Connections, p.Revocations, p.RevocationMean.Seconds(), p.RevocationWorst.Seconds(),
		})
	}
	return out, nil
}
