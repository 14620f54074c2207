package crowd

import (
	"fmt"
	"time"
)

// outbox is the week that is kept, and what waits behind an SMS carrier that is
// down: one in thirty of the rows.
func (m maker) outbox() table {
	rows := max(m.Least, m.Users*3/10)
	at := m.over(7*day, time.Minute, rows)
	waits := "n % 30 = 0"
	return table{"outbox", rows, []column{
		{"id", m.id(messageKind, at, "n")}, {"channel", "CASE WHEN " + waits + " THEN 'sms' ELSE 'email' END"},
		{"kind", "CASE WHEN " + waits + " THEN 'code' ELSE 'new_sign_in' END"}, {"user_id", m.userID(m.somebody())},
		{"content", "CASE WHEN " + waits + " THEN " + m.random(160) + " ELSE NULL END"},
		{"state", "CASE WHEN " + waits + " THEN 'queued' WHEN n % 400 = 1 THEN 'dead' WHEN n % 40 = 1 THEN 'expired' ELSE 'sent' END"},
		{"attempts", "1"}, {"queued_at", at}, {"due_at", at},
		{"expires_at", fmt.Sprintf("CASE WHEN %s THEN %d ELSE %s + 600000000 END", waits, m.now+day.Microseconds(), at)},
		{"ended_at", "CASE WHEN " + waits + " THEN 0 ELSE " + at + " + 1000000 END"}, {"carrier_id", "'0190b7e0'"},
	}}
}

// oneTime is what works once: remembered devices of a month, and links and attempts
// of a day that are spent and not yet swept.
func (m maker) oneTime() table {
	rows := max(m.Least, m.Users/2)
	at := m.over(31*day, time.Minute, rows)
	return table{"one_time_tokens", rows, []column{
		{"kind", "CASE WHEN n % 5 < 3 THEN 'remembered_device' WHEN n % 5 = 3 THEN 'attempt' ELSE 'email_verify' END"},
		{"hash", m.random(32)}, {"user_id", m.userID(m.somebody())}, {"data", m.random(96)}, {"tries_left", "5"}, {"created_at", at},
		{"expires_at", fmt.Sprintf("%s + %d", at, (30 * day).Microseconds())}, {"consumed_at", "CASE WHEN n % 5 < 3 THEN 0 ELSE " + at + " + 1000000 END"},
	}}
}

// counters are those of people whose last try went wrong, over a year.
func (m maker) counters() table {
	rows := m.Users / 10
	return table{"attempt_counters", rows, []column{
		{"subject", m.userID("n * 10")}, {"factor", "'password'"}, {"failures", "1 + n % 4"}, {"updated_at", m.over(365*day, time.Hour, rows)},
	}}
}

// strangers are the counters of addresses that nobody has, over a day.
func (m maker) strangers() table {
	rows := max(m.Least, m.Users/20)
	return table{"attempt_counters", rows, []column{
		{"subject", "'unknown:' || " + m.randomHex(16)}, {"factor", "'password'"}, {"failures", "1"}, {"updated_at", m.over(day, time.Minute, rows)},
	}}
}

// revocations are a day's, all of tokens that are dead.
func (m maker) revocations() table {
	rows := max(m.Least, m.Users/20)
	at := m.over(25*time.Hour, time.Hour, rows)
	return table{"revocations", rows, []column{
		{"id", m.id(revocationKind, at, "n")}, {"kind", "'sid'"}, {"value", m.sessionID("n")}, {"reason", "'signed_out'"},
		{"created_at", at}, {"expires_at", at + " + 660000000"},
	}}
}

// sends are two days of codes by SMS.
func (m maker) sends() table {
	rows := max(m.Least, m.Users/50)
	at := m.over(49*time.Hour, time.Minute, rows)
	return table{"sms_sends", rows, []column{
		{"id", m.id(sendKind, at, "n")}, {"number", "447700000000 + n"}, {"country", "'GB'"}, {"user_id", m.userID(m.somebody())},
		{"ip_prefix", "'198.51.100.' || " + m.text("n % 250")}, {"sent_at", at},
	}}
}

// samples are eight days of one node.
func (m maker) samples() table {
	rows := 8 * 24 * 60
	return table{"node_samples", rows, []column{
		{"at", m.over(8*day, time.Minute, rows)}, {"node", "'one'"}, {"sign_ins", "n % 60"}, {"failures", "n % 7"}, {"connections", "n % 900"},
		{"revocations", "n % 9"}, {"revocation_micros", "n"}, {"revocation_worst", "n"},
	}}
}

// audit is a year's log, all sealed.
func (m maker) audit() table {
	rows := m.House.audit()
	at := m.over(365*day, time.Minute, rows)
	about := m.userID(fmt.Sprintf("CASE WHEN n %% 100 = 99 THEN %d ELSE %s END", Noisy, m.somebody()))
	return table{"audit_logs", rows, []column{
		{"id", m.id(eventKind, at, "n")}, {"at", at},
		{"name", `CASE WHEN n % 10000 = 1 THEN 'user_email_changed' WHEN n % 10 < 6 THEN 'session_renewed' WHEN n % 10 < 8 THEN 'authn_login_success'
			WHEN n % 10 = 8 THEN 'session_ended' ELSE 'authn_login_fail' END`},
		{"result", "CASE WHEN n % 10 = 9 THEN 'failure' ELSE 'success' END"}, {"reason", "''"}, {"actor_id", about}, {"actor_kind", "'user'"},
		{"target_id", about}, {"session_id", m.sessionID("1 + n % 1000")}, {"factor", "'password'"},
		{"client_ip", "'198.51.100.' || " + m.text("n % 250")}, {"ip_prefix", "'198.51.100.' || " + m.text("n % 250")},
		{"request_id", m.randomHex(16)}, {"user_agent", "'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'"},
		{"details", "'{}'"}, {"chain_seq", "n"}, {"chain_hash", m.random(32)},
	}}
}

// chain is the head of the log.
func (m maker) chain() table {
	return table{"audit_chain", 1, []column{{"id", "1"}, {"seq", fmt.Sprint(m.House.audit())}, {"hash", m.random(32)}}}
}
