package session

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/opaque"
	"github.com/sallyport/sallyport/internal/token"
)

// Topic is where revocations travel between nodes.
const Topic = "revocations"

// publishLimit bounds telling the other nodes; what is not told in time they
// find in the database.
const publishLimit = 2 * time.Second

// Publisher tells the other nodes.
type Publisher interface {
	Publish(ctx context.Context, topic string, body []byte) error
}

// Ending describes the end of all of a user's sessions but exceptID (empty: all)
// for the rooms whose own transaction ends them.
func (s *Service) Ending(userID, exceptID, reason string) Ending {
	e := s.ending(userID, "", reason)
	e.ExceptID = exceptID
	return e
}

func (s *Service) ending(userID, sessionID, reason string) Ending {
	now := s.Clock()
	return Ending{
		UserID: userID, SessionID: sessionID, Reason: reason, At: now,
		TokensDieAt: now.Add(s.Settings.AccessLife + s.Settings.Skew),
	}
}

// End ends one session of the user. It is idempotent: an ended session stays
// ended and is no error.
func (s *Service) End(ctx context.Context, userID, sessionID, reason string) error {
	e := audit.New(ctx, s.Clock(), audit.SessionEnded, audit.Success, userID)
	e.SessionID, e.Reason = sessionID, reason
	return s.end(ctx, s.ending(userID, sessionID, reason), audit.Of(e))
}

// EndOthers ends every session of the user but exceptID; all with an empty one.
func (s *Service) EndOthers(ctx context.Context, userID, exceptID, reason string) error {
	e := audit.New(ctx, s.Clock(), audit.SessionEnded, audit.Success, userID)
	e.Reason, e.Details = reason, map[string]string{"scope": "all", "kept": exceptID}
	return s.end(ctx, s.Ending(userID, exceptID, reason), audit.Of(e))
}

// EndByOperator ends every session of the user on the word of whoever works at the
// command line of the server.
func (s *Service) EndByOperator(ctx context.Context, userID string) error {
	e := audit.New(ctx, s.Clock(), audit.SessionEnded, audit.Success, userID)
	e.ActorID, e.ActorKind = "", "system"
	e.Reason, e.Details = "ended_by_operator", map[string]string{"scope": "all"}
	return s.end(ctx, s.Ending(userID, "", e.Reason), audit.Of(e))
}

// EndByAdmin ends one session of the user, or every one with an empty sessionID,
// on an administrator's word (TK-16).
func (s *Service) EndByAdmin(ctx context.Context, adminID, userID, sessionID string) error {
	e := audit.New(ctx, s.Clock(), audit.SessionEnded, audit.Success, userID)
	e.ActorID, e.ActorKind, e.SessionID, e.Reason = adminID, "admin", sessionID, "ended_by_admin"
	if sessionID == "" {
		e.Details = map[string]string{"scope": "all"}
	}
	return s.end(ctx, s.ending(userID, sessionID, e.Reason), audit.Of(e))
}

// EndAnyByAdmin ends the session of that id, whose ever it is, on an
// administrator's word; fault.CodeNotFound where none is open.
func (s *Service) EndAnyByAdmin(ctx context.Context, adminID, sessionID string) error {
	n, err := s.Store.SessionByID(ctx, sessionID)
	if err != nil {
		return err
	}
	if !n.Live(s.Clock()) {
		return fault.New(fault.CodeNotFound)
	}
	return s.EndByAdmin(ctx, adminID, n.UserID, sessionID)
}

// EndOwn ends one session that must belong to the user, or answers
// fault.CodeNotFound.
func (s *Service) EndOwn(ctx context.Context, userID, sessionID, reason string) error {
	if _, err := s.Live(ctx, userID, sessionID); err != nil {
		if fault.Of(err) == fault.CodeInvalidToken {
			return fault.Because(fault.CodeNotFound, err)
		}
		return err
	}
	return s.End(ctx, userID, sessionID, reason)
}

// EndByRefresh ends the session of a refresh token, for a browser that signs out
// with its cookie alone. An unknown token is no error: there is nothing left to
// end.
func (s *Service) EndByRefresh(ctx context.Context, plain, reason string) error {
	hash, err := opaque.Hash(opaque.Refresh, plain)
	if err != nil {
		return nil //nolint:nilerr // what is no refresh token has no session to end
	}
	f, err := s.Store.FindRefresh(ctx, hash)
	if fault.Of(err) == fault.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return s.End(ctx, f.Holder.ID, f.Session.ID, reason)
}

// RevokeToken takes one access token back, without ending its session.
func (s *Service) RevokeToken(ctx context.Context, c token.Claims, reason string) error {
	now := s.Clock()
	r := Revocation{
		ID: ident.New(), Kind: RevokedToken, Value: c.ID, Reason: reason, At: now,
		ExpiresAt: c.ExpiresAt.Add(s.Settings.Skew),
	}
	e := audit.New(ctx, now, audit.TokenRevoked, audit.Success, c.Subject)
	e.SessionID, e.Reason = c.SessionID, reason
	if err := s.Store.RevokeToken(ctx, r, audit.Of(e)); err != nil {
		return err
	}
	s.Announce(ctx, r)
	return nil
}

func (s *Service) end(ctx context.Context, e Ending, t audit.Trail) error {
	revs, err := s.Store.EndSessions(ctx, e, t)
	if err != nil {
		return err
	}
	s.Announce(ctx, revs...)
	return nil
}

// Announce spreads revocations whose transaction has committed: first to this
// node's set, which closes its sockets whatever becomes of the bus, then to the
// other nodes. A bus that does not answer is logged and no error: they find the
// rows in the database within seconds (TK-11).
func (s *Service) Announce(ctx context.Context, revs ...Revocation) {
	s.Revocations.Add(revs...)
	if len(revs) == 0 {
		return
	}
	body, err := json.Marshal(revs)
	if err != nil { // strings and times always encode
		panic(err)
	}
	// The request may be gone already; the news must not go with it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishLimit)
	go func() {
		defer cancel()
		if err := s.Publisher.Publish(ctx, Topic, body); err != nil && !errors.Is(err, context.Canceled) {
			s.Log.WarnContext(ctx, "the bus did not take a revocation; other nodes find it in the database", "error", err)
		}
	}()
}
