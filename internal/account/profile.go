package account

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/recent"
)

// Profile is what a user's own application is shown of them. It holds no secret,
// and decides nothing: whoever has to know reads the User.
type Profile struct {
	ID            string
	Email         string
	EmailVerified bool
	Name          string
	Role          Role
	HasPassword   bool
	Disabled      bool
	CreatedAt     time.Time
}

// ProfileOf is what is shown of u.
func ProfileOf(u User) Profile {
	return Profile{u.ID, u.Email, u.EmailVerified(), u.Name, u.Role, u.PasswordHash != "", u.Disabled(), u.CreatedAt}
}

// ProfileTopic is where nodes tell each other whose profile has changed.
const ProfileTopic = "profiles"

// Times and sizes of Profiles.
const (
	profilesHeld   = 10_000
	profilesSweep  = 2 * time.Second
	profilesStale  = 10 * time.Second // without a sweep for so long, nothing held is shown
	profilesBack   = time.Minute      // each sweep reads so far back: longer than a transaction and the clocks' difference
	profilesWaited = 256              // changes that wait to be told to other nodes
	profilesTell   = 2 * time.Second
)

// ProfileStore is what Profiles needs of the database.
type ProfileStore interface {
	UserByID(ctx context.Context, id string) (User, error)
	// UsersChangedSince returns the ids of users whose row was changed at or after
	// since, up to limit of them.
	UsersChangedSince(ctx context.Context, since time.Time, limit int) ([]string, error)
}

// Profiles answers who somebody is without asking the database while nothing
// changes. A change made by this node shows at once; one of another node when the
// bus tells, and within seconds whatever the bus does, because users that changed
// are looked for in the database every two seconds. While that fails, or before
// it was done once, everybody is read anew.
type Profiles struct {
	Store ProfileStore
	Bus   bus.Bus
	Clock clock.Clock
	Log   *slog.Logger

	held    *recent.Map[string, Profile]
	changes atomic.Int64  // counts what was forgotten
	swept   atomic.Int64  // when the latest sweep began, microseconds
	tell    chan []string // whom the other nodes should forget
}

// NewProfiles returns an empty set; Run keeps it true.
func NewProfiles(s ProfileStore, b bus.Bus, now clock.Clock, log *slog.Logger) *Profiles {
	return &Profiles{
		Store: s, Bus: b, Clock: now, Log: log,
		held: recent.New[string, Profile](profilesHeld), tell: make(chan []string, profilesWaited),
	}
}

// Get returns the profile of a user, or fault.CodeNotFound.
func (p *Profiles) Get(ctx context.Context, id string) (Profile, error) {
	fresh := p.freshAt(p.Clock())
	if held, ok := p.held.Get(id); ok && fresh {
		return held, nil
	}
	before := p.changes.Load()
	u, err := p.Store.UserByID(ctx, id)
	if err != nil {
		return Profile{}, err
	}
	got := ProfileOf(u)
	if !fresh {
		return got, nil
	}
	p.held.Put(id, got)
	if p.changes.Load() != before { // perhaps of this user, after the row was read
		p.held.Forget(id)
	}
	return got, nil
}

// freshAt reports whether what is held is known to be true at now. A sweep of the
// future was before the clock was set back.
func (p *Profiles) freshAt(now time.Time) bool {
	return now.Sub(clock.FromMicros(p.swept.Load())).Abs() <= profilesStale
}

// Changed forgets users whom this node has changed, and has the other nodes told.
// It does not block: whom nobody tells they find by themselves.
func (p *Profiles) Changed(ids ...string) {
	p.forget(ids)
	select {
	case p.tell <- ids:
	default:
	}
}

func (p *Profiles) forget(ids []string) {
	if len(ids) == 0 {
		return
	}
	p.changes.Add(1)
	for _, id := range ids {
		p.held.Forget(id)
	}
}

func (p *Profiles) forgetAll() {
	p.changes.Add(1)
	p.held.Clear()
}

// Run tells and hears of changes, and sweeps, until ctx ends.
func (p *Profiles) Run(ctx context.Context) {
	go func() { _ = p.Bus.Subscribe(ctx, ProfileTopic, "", p.hear) }()
	tick := time.NewTicker(profilesSweep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case ids := <-p.tell:
			p.publish(ctx, ids)
		case <-tick.C:
			if err := p.Sweep(ctx); err != nil && ctx.Err() == nil {
				p.Log.ErrorContext(ctx, "looking for changed users failed; it is tried again", "error", err)
			}
		}
	}
}

// Sweep forgets the users whom anybody has changed of late. Run does it by itself.
func (p *Profiles) Sweep(ctx context.Context) error {
	now := p.Clock()
	last := clock.FromMicros(p.swept.Load())
	if !p.freshAt(now) { // the first, or after a failure or a leap of the clock
		p.forgetAll()
		last = now
	}
	ids, err := p.Store.UsersChangedSince(ctx, last.Add(-profilesBack), profilesHeld)
	if err != nil {
		return err
	}
	if len(ids) == profilesHeld {
		p.forgetAll()
	} else {
		p.forget(ids)
	}
	p.swept.Store(clock.Micros(now))
	return nil
}

func (p *Profiles) publish(ctx context.Context, ids []string) {
	body, err := json.Marshal(ids)
	if err == nil {
		limited, cancel := context.WithTimeout(ctx, profilesTell)
		defer cancel()
		err = p.Bus.Publish(limited, ProfileTopic, body)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, bus.ErrTooLarge) {
		p.Log.WarnContext(ctx, "other nodes were not told whose profile changed; their sweep finds it", "error", err)
	}
}

func (p *Profiles) hear(m bus.Message) {
	var ids []string
	if m.Gap || json.Unmarshal(m.Body, &ids) != nil {
		p.forgetAll()
		return
	}
	p.forget(ids)
}
