package config

// Limits are how often one thing may be tried before 429 (RL-13).
type Limits struct {
	LoginIP        Rate // RATE_LOGIN_IP
	LoginAccount   Rate // RATE_LOGIN_ACCOUNT
	RegisterIP     Rate // RATE_REGISTER_IP
	ForgotAccount  Rate // RATE_FORGOT_ACCOUNT
	ForgotIP       Rate // RATE_FORGOT_IP
	RefreshSession Rate // RATE_REFRESH_SESSION
	MFAIP          Rate // RATE_MFA_IP
	PasskeyIP      Rate // RATE_PASSKEY_IP
	MailAccount    Rate // RATE_EMAIL_CODE_ACCOUNT
	PublishIP      Rate // RATE_PUBLISH_IP
	OAuthStartIP   Rate // RATE_OAUTH_START_IP
	OAuthIP        Rate // RATE_OAUTH_IP
	APIIP          Rate // RATE_API_IP
}

func (l *Limits) block() block {
	return block{
		title: "Rate limits",
		about: "How often one thing may be tried before the answer is 429 with Retry-After, written count/time. An IP address stands for one IPv4 address or one IPv6 network of IPV6_PREFIX bits. Lock-out after repeated failures is apart from these and has no setting.",
		settings: []Setting{
			{Name: "RATE_LOGIN_IP", Default: "10/1m", into: rate(&l.LoginIP), Help: "Sign-ins from one IP address."},
			{Name: "RATE_LOGIN_ACCOUNT", Default: "5/1m", into: rate(&l.LoginAccount), Help: "Sign-ins to one account, from anywhere."},
			{Name: "RATE_REGISTER_IP", Default: "5/1h", into: rate(&l.RegisterIP), Help: "Sign-ups from one IP address."},
			{Name: "RATE_FORGOT_ACCOUNT", Default: "3/1h", into: rate(&l.ForgotAccount), Help: "Mails for a forgotten password, or to prove an address, to one account."},
			{Name: "RATE_FORGOT_IP", Default: "10/1h", into: rate(&l.ForgotIP), Help: "The same from one IP address."},
			{Name: "RATE_REFRESH_SESSION", Default: "30/1m", into: rate(&l.RefreshSession), Help: "Refreshes of one session."},
			{Name: "RATE_MFA_IP", Default: "30/1m", into: rate(&l.MFAIP), Help: "Tries of a second factor from one IP address."},
			{Name: "RATE_PASSKEY_IP", Default: "60/1m", into: rate(&l.PasskeyIP), Help: "Offers of a passkey for a sign-in to one IP address; a sign-in page may ask for one each time it is opened. The sign-in itself is counted by RATE_LOGIN_IP."},
			{Name: "RATE_EMAIL_CODE_ACCOUNT", Default: "10/1h", into: rate(&l.MailAccount), Help: "Codes by e-mail to one account. Those by SMS have limits of their own."},
			{Name: "RATE_PUBLISH_IP", Default: "6000/1m", into: rate(&l.PublishIP), Help: "Calls of a backend to /api/v1/realtime from one IP address."},
			{Name: "RATE_OAUTH_START_IP", Default: "60/10m", into: rate(&l.OAuthStartIP), Help: "Sign-ins with a provider begun from one IP address. Each is kept for ten minutes, so this bounds how many wait at once."},
			{Name: "RATE_OAUTH_IP", Default: "60/1m", into: rate(&l.OAuthIP), Help: "Returns from a provider, and exchanges of the code that follows, from one IP address."},
			{Name: "RATE_API_IP", Default: "600/1m", into: rate(&l.APIIP), Help: "Any other request from one IP address. Be generous: a whole office can share one."},
		},
	}
}
