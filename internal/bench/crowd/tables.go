package crowd

import (
	"fmt"
	"time"
)

// column is a column and the expression of its value in row n.
type column struct{ name, value string }

// table is how one table is filled.
type table struct {
	name    string
	rows    int
	columns []column
}

const day = 24 * time.Hour

// maker writes the tables of one house.
type maker struct {
	words
	House
	now int64 // microseconds
}

// tables are all that grow, those before that others refer to.
func tables(w words, h House) []table {
	m := maker{w, h, h.Now.UnixMicro()}
	return []table{
		m.users(), m.sessions(), m.refreshTokens(), m.factors(), m.backupCodes(), m.passkeys(), m.accounts(),
		m.outbox(), m.oneTime(), m.counters(), m.strangers(), m.revocations(), m.sends(), m.samples(), m.audit(), m.chain(),
	}
}

// over is an instant in microseconds: rows lie evenly between from and to before
// now, in their order.
func (m maker) over(from, to time.Duration, rows int) string {
	return m.overOf("n", from, to, rows)
}

func (m maker) overOf(n string, from, to time.Duration, rows int) string {
	begin, span := m.now-from.Microseconds(), (from - to).Microseconds()
	return fmt.Sprintf("(%d + (%s) * %d)", begin, n, span/int64(max(rows, 1)))
}

func quoted(s string) string { return "'" + s + "'" }

// The numbers that stand in ids, so that no two tables share one.
const (
	userKind = iota + 1
	sessionKind
	factorKind
	codeKind
	passkeyKind
	accountKind
	messageKind
	revocationKind
	sendKind
	eventKind
)

// userID is the id of the user of that number.
func (m maker) userID(number string) string {
	return m.id(userKind, m.overOf(number, 730*day, time.Hour, m.Users), number)
}

// somebody is the number of a user that seems to follow no order.
func (m maker) somebody() string {
	return fmt.Sprintf("(1 + (n * 7919) %% %d)", m.Users)
}

func (m maker) users() table {
	at := m.over(730*day, time.Hour, m.Users)
	email := "'p' || " + m.hex(fmt.Sprintf("(n * %d) %% 4294967296", scatter), 8) + " || '@example.org'"
	return table{"users", m.Users, []column{
		{"id", m.userID("n")}, {"email", email}, {"email_canonical", email},
		{"email_verified_at", "CASE WHEN n % 50 = 0 THEN 0 ELSE " + at + " END"},
		{"name", "'Person ' || " + m.text("n")}, {"role", "CASE WHEN n % 50000 = 1 THEN 'admin' ELSE 'user' END"},
		{"password_hash", quoted(m.PasswordHash)}, {"password_changed_at", at}, {"webauthn_handle", m.random(64)},
		{"disabled_at", "CASE WHEN n % 500 = 400 THEN " + at + " ELSE 0 END"},
		{"created_at", at}, {"updated_at", at}, {"last_login_at", at},
	}}
}

// sessionsEach is how many sessions ten people have.
const sessionsEach = 15

func (m maker) sessionCount() int { return m.Users * sessionsEach / 10 }

func (m maker) sessionAt(number string) string {
	return m.overOf(number, 31*day, time.Hour, m.sessionCount())
}

func (m maker) sessionID(number string) string {
	return m.id(sessionKind, m.sessionAt(number), number)
}

// sessions are those of the last thirty-one days: the first have lapsed, a third
// was ended.
func (m maker) sessions() table {
	at := m.sessionAt("n")
	return table{"sessions", m.sessionCount(), []column{
		{"id", m.sessionID("n")}, {"user_id", m.userID(m.somebody())}, {"aal", "1"},
		{"proofs", `'[{"method":"password","at":"2026-01-05T10:20:30.123456Z"}]'`}, {"client", "CASE WHEN n % 2 = 0 THEN 'cookie' ELSE 'token' END"},
		{"ip", "'198.51.100.' || " + m.text("n % 250")},
		{"user_agent", "'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'"},
		{"created_at", at}, {"last_seen_at", at}, {"expires_at", fmt.Sprintf("%s + %d", at, (30 * day).Microseconds())},
		{"ended_at", "CASE WHEN n % 3 = 0 THEN " + at + " + 1000000 ELSE 0 END"},
		{"end_reason", "CASE WHEN n % 3 = 0 THEN 'signed_out' ELSE '' END"},
	}}
}

// refreshEach is how many refresh tokens a session has left in the last week.
const refreshEach = 3

func (m maker) refreshTokens() table {
	rows := m.sessionCount() * refreshEach
	at := m.over(8*day, time.Minute, rows)
	return table{"refresh_tokens", rows, []column{
		{"hash", m.random(32)}, {"session_id", m.sessionID(fmt.Sprintf("(1 + (n - 1) / %d)", refreshEach))}, {"binding", m.random(32)},
		{"created_at", at}, {"expires_at", fmt.Sprintf("%s + %d", at, (7 * day).Microseconds())},
		{"used_at", fmt.Sprintf("CASE WHEN n %% %d = 0 THEN 0 ELSE %s END", refreshEach, at)},
		// Those spent since the last sweep know their successor.
		{"successor", fmt.Sprintf("CASE WHEN n %% %d > 0 AND n > %d THEN %s ELSE NULL END", refreshEach, rows-rows/1000, m.random(64))},
	}}
}

// factors are apps: every fourth user has one, and one in three hundred of those is
// still to be confirmed.
func (m maker) factors() table {
	rows := m.Users / 4
	at := m.over(365*day, time.Hour, rows)
	return table{"user_mfa", rows, []column{
		{"id", m.id(factorKind, at, "n")}, {"user_id", m.userID("n * 4")}, {"method", "'totp'"}, {"name", "'Phone'"},
		{"secret", m.random(64)}, {"enabled", "n % 300 > 0"},
		{"expires_at", fmt.Sprintf("CASE WHEN n %% 300 = 0 THEN %d ELSE 0 END", m.now+int64(600e6))}, {"created_at", at}, {"updated_at", at},
	}}
}

func (m maker) backupCodes() table {
	rows := m.Users / 4 * 10
	at := m.over(365*day, time.Hour, rows)
	return table{"mfa_backup_codes", rows, []column{
		{"id", m.id(codeKind, at, "n")}, {"user_id", m.userID("(1 + (n - 1) / 10) * 4")}, {"code_id", m.text("10 + n % 10")},
		{"code_hash", "'$argon2id$v=19$m=19456,t=2,p=1$' || " + m.randomHex(32)}, {"used", "n % 20 = 0"}, {"created_at", at},
	}}
}

func (m maker) passkeys() table {
	rows := m.Users / 7
	at := m.over(365*day, time.Hour, rows)
	return table{"webauthn_credentials", rows, []column{
		{"id", m.id(passkeyKind, at, "n")}, {"user_id", m.userID("n * 7")}, {"credential_id", m.random(32)}, {"public_key", m.random(80)},
		{"sign_count", "0"}, {"device_type", "'multi_device'"}, {"backed_up", "n % 2 = 0"}, {"uv_initialized", "n % 2 = 0"},
		{"aaguid", "'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4'"}, {"transports", "'internal,hybrid'"}, {"name", "'Phone'"}, {"created_at", at},
	}}
}

func (m maker) accounts() table {
	rows := m.Users / 4
	at := m.over(365*day, time.Hour, rows)
	return table{"oauth_accounts", rows, []column{
		{"id", m.id(accountKind, at, "n")}, {"user_id", m.userID("n * 4 - 3")}, {"provider", "'google'"}, {"issuer", "'https://accounts.google.com'"},
		{"provider_user_id", m.text("100000000000000000 + n")}, {"email", "'person@example.org'"}, {"email_verified", "n % 2 = 0"},
		{"created_at", at}, {"updated_at", at},
	}}
}
