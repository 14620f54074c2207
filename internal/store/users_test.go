package store_test

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/onetime"
	"github.com/sallyport/sallyport/internal/proof"
	"github.com/sallyport/sallyport/internal/session"
)

// again reads a user back.
func (r *rig) again(id string) account.User {
	r.Helper()
	u, err := r.UserByID(r.ctx(), id)
	r.must(err)
	return u
}

func TestCreateUser(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		u := person("ada@example.org")
		u.Email, u.EmailVerifiedAt, u.Role = "Ada@Example.org", noon, account.Admin
		link := ticket(onetime.EmailVerify, u.ID)
		r.must(r.CreateUser(r.ctx(), u, &link, r.trail(u.ID)))
		byEmail, err := r.UserByEmail(r.ctx(), "ada@example.org")
		r.must(err)
		for name, got := range map[string]account.User{"by id": r.again(u.ID), "by address": byEmail} {
			if !slices.Equal(got.Handle, u.Handle) {
				t.Errorf("%s: got handle %x, want %x", name, got.Handle, u.Handle)
			}
			if !sameUser(got, u) {
				t.Errorf("%s: got %+v, want %+v", name, got, u)
			}
		}
		if !r.live(link, noon) {
			t.Error("the mail link: got none, want it stored")
		}
		for name, find := range map[string]func() (account.User, error){
			"by another id":           func() (account.User, error) { return r.UserByID(r.ctx(), ident.New()) },
			"by another address":      func() (account.User, error) { return r.UserByEmail(r.ctx(), "bob@example.org") },
			"by the address as typed": func() (account.User, error) { return r.UserByEmail(r.ctx(), "Ada@Example.org") },
		} {
			if _, err := find(); fault.Of(err) != fault.CodeNotFound {
				t.Errorf("%s: got error %v, want %s", name, err, fault.CodeNotFound)
			}
		}
		won := r.atOnce(64, func() (bool, error) {
			u := person("grace@example.org")
			err := r.CreateUser(r.ctx(), u, nil, audit.Of(r.event(u.ID)))
			if fault.Of(err) == fault.CodeConflict {
				return false, nil
			}
			return err == nil, err
		})
		if won != 1 {
			t.Errorf("RC-09 64 accounts at once for one address: got %d, want 1", won)
		}
	})
}

// sameUser compares what can be compared; the handle cannot.
func sameUser(a, b account.User) bool {
	a.Handle, b.Handle = nil, nil
	return a.ID == b.ID && a.Email == b.Email && a.Canonical == b.Canonical && a.Name == b.Name && a.Role == b.Role &&
		a.PasswordHash == b.PasswordHash && a.PasswordChangedAt.Equal(b.PasswordChangedAt) && a.EmailVerifiedAt.Equal(b.EmailVerifiedAt) &&
		a.DisabledAt.Equal(b.DisabledAt) && a.CreatedAt.Equal(b.CreatedAt) && a.UpdatedAt.Equal(b.UpdatedAt) && a.LastLoginAt.Equal(b.LastLoginAt)
}

// TestSameAddress asks both engines whether two addresses are one. The texts
// under "as stored" go past ParseAddress: the index alone decides, byte by byte.
func TestSameAddress(t *testing.T) {
	typed := []struct {
		a, b string
		same bool
	}{
		{"ada@example.org", "ADA@EXAMPLE.ORG", true},
		{"ada@example.org", " ada@example.org ", true},
		{"ada@example.org", "ada@example.org.", true},
		{"ada@example.org", "ada@exam-ple.org", false},
		{"ada@example.org", "a-da@example.org", false},
		{"ada@example.org", "a.da@example.org", false},
		{"ada@example.org", "ada+news@example.org", false},
		{"ada@example.org", "àda@example.org", false},
		{"zoe\u0308@example.org", "zoë@example.org", true},
		{"ZOË@example.org", "zoë@example.org", true},
		{"straße@example.org", "STRASSE@example.org", true},
		{"ada@bücher.example", "ada@xn--bcher-kva.example", true},
		{"ada@BÜCHER.example", "ada@bücher.example", true},
		{"σίσυφος@example.org", "ΣΊΣΥΦΟΣ@example.org", true},
		{"ı@example.org", "i@example.org", false},
		{"\u212Aelvin@example.org", "kelvin@example.org", true}, // the Kelvin sign
		{"аda@example.org", "ada@example.org", false},           // a Cyrillic а
		{"ad0@example.org", "ado@example.org", false},
		{"it's@example.org", "its@example.org", false},
		{"a_b@example.org", "a%b@example.org", false},
	}
	stored := []struct{ a, b string }{
		{"ada@example.org", "Ada@example.org"}, {"ada", "ada "}, {"zoë", "zoe\u0308"}, {"ß", "ss"}, {"a\u200Db", "ab"}, {"１", "1"}, {"co-op", "coop"},
	}
	onBoth(t, func(t *testing.T, r *rig) {
		create := func(canonical string) error {
			u := person(canonical)
			return r.CreateUser(r.ctx(), u, nil, audit.Of(r.event(u.ID)))
		}
		verdict := func(a, b string) bool {
			r.exec("DELETE FROM users")
			r.must(create(a))
			err := create(b)
			if err != nil && fault.Of(err) != fault.CodeConflict {
				t.Fatal(err)
			}
			return err != nil
		}
		for _, tt := range typed {
			a, err := account.ParseAddress(tt.a)
			r.must(err)
			b, err := account.ParseAddress(tt.b)
			r.must(err)
			if got := verdict(a.Canonical, b.Canonical); got != tt.same {
				t.Errorf("RC-09 %q and %q: got the same %t, want %t", tt.a, tt.b, got, tt.same)
			}
		}
		for _, tt := range stored {
			if verdict(tt.a, tt.b) {
				t.Errorf("RC-09 as stored, %q and %q: got the same, want two", tt.a, tt.b)
			}
		}
	})
}

func TestUserPages(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		var ids []string
		// In the order of their bytes, which no language sorts by.
		addresses := []string{"a-b@x.io", "a.c@x.io", "a@x.io", "aB@x.io", "ab@x.io", "b@x.io", "e@x.io", "z@x.io", "é@x.io", "ée@x.io"}
		for _, a := range addresses {
			u := person(a)
			r.must(r.CreateUser(r.ctx(), u, nil, audit.Of(r.event(u.ID))))
			ids = append(ids, u.ID)
		}
		var byID []string
		for after := ""; ; {
			page, err := r.ListUsers(r.ctx(), after, 3)
			r.must(err)
			if len(page) == 0 {
				break
			}
			for _, u := range page {
				byID, after = append(byID, u.ID), u.ID
			}
		}
		if !slices.Equal(byID, ids) {
			t.Errorf("all, three by three: got %v, want %v", byID, ids)
		}
		for _, tt := range []struct {
			prefix string
			want   []string
		}{
			{"", addresses},
			{"a", addresses[:5]},
			{"ab", addresses[4:5]},
			{"e", addresses[6:7]},
			{"é", addresses[8:]},
			{"%", nil},
			{"A", nil},
		} {
			var got []string
			for after := ""; ; {
				page, err := r.SearchUsers(r.ctx(), tt.prefix, after, 2)
				r.must(err)
				if len(page) == 0 {
					break
				}
				for _, u := range page {
					got, after = append(got, u.Canonical), u.Canonical
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("beginning with %q, two by two: got %v, want %v", tt.prefix, got, tt.want)
			}
		}
	})
}

func TestReplaceUnverified(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		w := r.world()
		newer, link := w.u, ticket(onetime.EmailVerify, w.u.ID)
		newer.PasswordHash, newer.Name, link.CreatedAt = "$argon2id$newer", "Eve", noon.Add(time.Second)
		r.done(r.ReplaceUnverified(r.ctx(), newer, link, audit.Trail{}))
		u := r.again(w.u.ID)
		if u.PasswordHash != newer.PasswordHash || u.Name != "Eve" || !u.PasswordChangedAt.Equal(link.CreatedAt) || u.EmailVerified() {
			t.Errorf("got %+v, want the newer registration, unverified", u)
		}
		if r.live(w.tokens[onetime.EmailVerify], noon) || !r.live(link, noon) {
			t.Error("want the older link dead and the newer alive")
		}
	})
}

func TestAdmins(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		admins := func() int {
			n, err := r.CountAdmins(r.ctx())
			r.must(err)
			return n
		}
		w := r.world()
		chief := person(rand.Text() + "@example.org")
		chief.Role = account.Admin
		r.done(r.CreateFirstAdmin(r.ctx(), w.hash(onetime.Setup), chief, r.trail(chief.ID)))
		if admins() != 1 || !r.again(chief.ID).IsAdmin() {
			t.Errorf("PW-13 after set-up: got %d administrators, want 1", admins())
		}
		revs, err := r.SetRole(r.ctx(), w.u.ID, account.Admin, ending(w.u.ID), audit.Trail{})
		if err != nil || len(revs) != 1 || admins() != 2 {
			t.Errorf("TK-10 a new role: got %d revocations, error %v, %d administrators; want 1, none, 2", len(revs), err, admins())
		}
		_, touched, err := r.DisableUser(r.ctx(), ending(chief.ID), audit.Trail{})
		r.done(touched, err)
		if u := r.again(chief.ID); admins() != 1 || !u.DisabledAt.Equal(noon) {
			t.Errorf("a locked administrator: got %d who can sign in, want 1", admins())
		}
		r.try(chief.ID, proof.TOTP, noon)
		r.done(r.EnableUser(r.ctx(), chief.ID, noon, audit.Trail{}))
		if n := r.failures(chief.ID, proof.TOTP); n != -1 {
			t.Errorf("RL-01 unlocked: got %d failures, want them forgotten", n)
		}
		if u := r.again(chief.ID); admins() != 2 || u.Disabled() {
			t.Errorf("unlocked: got %d who can sign in, want 2", admins())
		}
		r.must(r.RenameUser(r.ctx(), chief.ID, "Grace", noon, audit.Trail{}))
		if u := r.again(chief.ID); u.Name != "Grace" {
			t.Errorf("got name %q, want Grace", u.Name)
		}
	})
}

func TestDeleteUser(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		w, bystander := r.world(), r.world()
		r.try(w.u.ID, proof.Password, noon)
		r.try(bystander.u.ID, proof.Password, noon)
		revs, touched, err := r.DeleteUser(r.ctx(), ending(w.u.ID), r.trail(w.u.ID))
		r.done(touched, err)
		if len(revs) != 2 || revs[1].Kind != session.RevokedUser || revs[1].Value != w.u.ID {
			t.Errorf("TK-12 got %+v, want the session and the user revoked", revs)
		}
		// Sends count against budgets for two days more, whoever asked for them.
		kept := map[string]bool{"revocations": true, "audit_logs": true, "outbox": true, "sms_sends": true}
		for table, rows := range r.dump() {
			if kept[table] {
				continue
			}
			mine, theirs := mentions(rows, w.u.ID), mentions(rows, bystander.u.ID)
			if mine != 0 {
				t.Errorf("%s: got %d rows of the deleted user, want none", table, mine)
			}
			if columns := r.columns(table); theirs == 0 && (slices.Contains(columns, "user_id") || table == "users" || table == "attempt_counters") {
				t.Errorf("%s: got no row of another user, want theirs kept", table)
			}
		}
		if n := mentions(r.dump()["audit_logs"], w.u.ID); n == 0 {
			t.Error("the audit log: got nothing about the deleted user, want what happened")
		}
	})
}
