package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
)

// adminAudit is the part about the audit log. Nothing here changes it.
func (h resources) adminAudit(a *API, read readRoute) {
	Register(a, read("/audit", "listAudit", "The audit log", "Newest first, about one user or of one name where they are given."), asAdmin(h, h.listAudit))
	verify := read("/audit/verify", "verifyAudit", "Verify the hash chain", "Walks the whole log and answers the first place that does not fit, if there is one.")
	verify.Timeout = -1
	RegisterPlain(a, verify, http.HandlerFunc(h.verifyAudit))
	export := read("/audit/export", "exportAudit", "Take a copy of the audit log", "The sealed rows, oldest first, as one JSON object a line (application/x-ndjson). after goes on behind that place of the chain. A copy that ends without a last line of the form {\"end\":true,\"next\":…} was cut short.")
	export.Timeout = -1
	RegisterPlain(a, export, http.HandlerFunc(h.exportAudit))
}

// eventBody is one row of the audit log.
type eventBody struct {
	ID        string            `json:"id"`
	At        time.Time         `json:"at"`
	Name      string            `json:"name"`
	Result    string            `json:"result" enum:"success,failure"`
	Reason    string            `json:"reason,omitempty"`
	ActorID   string            `json:"actor_id,omitempty"`
	ActorKind string            `json:"actor_kind"`
	TargetID  string            `json:"target_id,omitempty"`
	SessionID string            `json:"session_id,omitempty"`
	Factor    string            `json:"factor,omitempty"`
	IP        string            `json:"ip,omitempty"`
	UserAgent string            `json:"user_agent,omitempty"`
	RequestID string            `json:"request_id,omitempty"`
	Details   map[string]string `json:"details,omitempty"`
	Place     int64             `json:"place,omitempty" doc:"In the hash chain; absent for a moment after it happened."`
	Hash      []byte            `json:"hash,omitempty" doc:"Of the chain up to and with this row, in base64."`
}

func eventOf(r audit.Record) eventBody {
	e := r.Event
	return eventBody{
		e.ID, e.At, string(e.Name), string(e.Result), e.Reason, e.ActorID, e.ActorKind, e.TargetID, e.SessionID, e.Factor,
		e.Origin.ClientIP, e.Origin.UserAgent, e.Origin.RequestID, e.Details, r.Seq, r.Hash,
	}
}

type auditInput struct {
	Page
	User string `query:"user" maxLength:"64" doc:"The id of the user it happened to."`
	Name string `query:"name" maxLength:"64" doc:"The name of the event, such as authn_login_fail."`
}

type auditOutput struct {
	Body struct {
		Events []eventBody `json:"events"`
		Next   string      `json:"next,omitempty" doc:"after of the next page; absent on the last."`
	} `nameHint:"AuditPage"`
}

func (h resources) listAudit(ctx context.Context, _ account.Actor, in *auditInput) (*auditOutput, error) {
	rows, err := h.Server.FindAudit(ctx, audit.Filter{TargetID: in.User, Name: audit.Name(in.Name), Before: in.After}, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	out.Body.Events = make([]eventBody, 0, len(rows))
	out.Body.Next = next(in.Page, rows, func(r audit.Record) string { return r.Event.ID })
	for _, r := range rows {
		out.Body.Events = append(out.Body.Events, eventOf(r))
	}
	return out, nil
}

// verdictBody is what walking the chain found.
type verdictBody struct {
	Intact bool        `json:"intact"`
	Rows   int64       `json:"rows"`
	From   int64       `json:"from"` // the checkpoint they go on from
	Fault  *chainFault `json:"fault,omitempty"`
}

type chainFault struct {
	Place int64  `json:"place"`
	ID    string `json:"id,omitempty"`
	What  string `json:"what"`
}

// verifyAudit speaks HTTP itself: a long log takes longer than an answer may.
func (h resources) verifyAudit(w http.ResponseWriter, r *http.Request) {
	if _, err := h.administrator(r.Context()); err != nil {
		h.Refuse(w, r, err)
		return
	}
	if err := allowUntil(w, time.Time{}); err != nil {
		h.Refuse(w, r, err)
		return
	}
	v, err := h.Server.VerifyAudit(r.Context())
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	body := verdictBody{Intact: v.Fault == nil, Rows: v.Rows, From: v.From}
	if v.Fault != nil {
		body.Fault = &chainFault{v.Fault.Seq, v.Fault.ID, v.Fault.What}
	}
	w.Header().Set("Content-Type", jsonType)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone is not our failure
}

// exportPage is how many rows are read at a time.
const exportPage = 500

// exportAudit writes until the end of the log or of the client's patience, whom
// each page gives a minute.
func (h resources) exportAudit(w http.ResponseWriter, r *http.Request) {
	by, err := h.administrator(r.Context())
	if err != nil {
		h.Refuse(w, r, err)
		return
	}
	after, err := strconv.ParseInt(orZero(r.URL.Query().Get("after")), 10, 64)
	if err != nil || after < 0 {
		h.Refuse(w, r, fault.InvalidField("after", "A place in the chain, from 0.", "invalid_place"))
		return
	}
	if err := h.Server.TellAudit(r.Context(), by); err != nil {
		h.Refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Content-Disposition", `attachment; filename="audit.ndjson"`)
	lines := json.NewEncoder(w)
	for {
		page, err := h.Server.SealedAudit(r.Context(), after, exportPage)
		if err != nil || allowUntil(w, h.Clock().Add(time.Minute)) != nil {
			return // without the last line, which says that it is whole
		}
		for _, rec := range page {
			if lines.Encode(eventOf(rec)) != nil {
				return
			}
			after = rec.Seq
		}
		if len(page) < exportPage {
			_ = lines.Encode(map[string]any{"end": true, "next": after})
			return
		}
	}
}

// allowUntil lets the answer take longer than the server's write time-out; zero is
// without end. What is no connection has no such time-out.
func allowUntil(w http.ResponseWriter, t time.Time) error {
	err := http.NewResponseController(w).SetWriteDeadline(t)
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}
