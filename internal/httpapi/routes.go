package httpapi

import (
	"net/http"
	"strconv"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/proof"
)

// The names of the rules that routes are counted by; internal/app gives their
// figures.
const (
	RuleAPI      = "api_ip"
	RuleLogin    = "login_ip"
	RuleRegister = "register_ip"
	RuleForgot   = "forgot_ip"
	RuleMFA      = "mfa_ip"
	RulePasskey  = "passkey_ip"
	RulePublish  = "publish_ip"
	RuleOAuth    = "oauth_ip"       // steps of a sign-in with a provider
	RulePassage  = "oauth_start_ip" // sign-ins with a provider begun: each is kept for ten minutes
)

// Routes registers the table of contents of the API. Each line says who may call,
// what it costs and what it does; Register refuses a line that forgets one.
func (r Rooms) Routes(a *API) {
	h := resources{Rooms: r, Refuse: a.WriteProblem, Problem: a.problems.of}
	api := []string{RuleAPI}
	RegisterHealth(a, api, r.Checks)
	RegisterDocs(a, api)

	Register(a, Route{Method: "POST", Path: "/api/v1/auth/register", ID: "register", Tag: "Sign-in", Summary: "Sign up", Description: "Always answers the same, whether or not the address was free: the mailbox gets what comes next.", Auth: Public, Limits: []string{RuleRegister}, Status: 202, Errors: []fault.Code{fault.CodeWeakPassword, fault.CodeForbidden, fault.CodeBusy}}, h.register)
	Register(a, Route{Method: "POST", Path: "/api/v1/auth/setup", ID: "setup", Tag: "Sign-in", Summary: "Create the first administrator", Description: "Takes the one-time token that the first start prints.", Auth: Public, Limits: []string{RuleRegister}, Status: 201, Errors: []fault.Code{fault.CodeLinkExpired, fault.CodeWeakPassword, fault.CodeConflict}}, h.setup)
	Register(a, Route{Method: "POST", Path: "/api/v1/auth/login", ID: "login", Tag: "Sign-in", Summary: "Sign in with a password", Auth: Public, Limits: []string{RuleLogin}, Errors: []fault.Code{fault.CodeInvalidCredentials, fault.CodeEmailNotVerified, fault.CodeBusy}}, h.login)
	Register(a, Route{Method: "POST", Path: "/api/v1/auth/refresh", ID: "refresh", Tag: "Sign-in", Summary: "Renew the tokens", Description: "Spends the refresh token and answers its successor. A spent token shown again ends the session.", Auth: Public, Limits: api, Errors: []fault.Code{fault.CodeInvalidToken, fault.CodeConflict}}, h.refresh)
	Register(a, Route{Method: "POST", Path: "/api/v1/auth/logout", ID: "logout", Tag: "Sign-in", Summary: "Sign out", Description: "Ends the session of the access token, or of the refresh token in the body or cookie. Succeeds in any case.", Auth: ByHandler, Limits: api, Status: 204}, h.logout)
	Register(a, Route{Method: "POST", Path: "/api/v1/auth/step-up", ID: "stepUp", Tag: "Sign-in", Summary: "Prove the password again", Description: "For accounts without a second factor; others answer one of its verify routes.", Auth: Access, Limits: []string{RuleLogin}, Errors: []fault.Code{fault.CodeInvalidCredentials, fault.CodeBusy}}, h.stepUp)
	RegisterPlain(a, Route{Method: "POST", Path: "/api/v1/auth/introspect", ID: "introspect", Tag: "Sign-in", Summary: "Judge an access token (RFC 7662)", Description: "For backends that cannot verify a JWT themselves: the parameter token in a form, or in a JSON object. Answers active, and for a good token its claims.", Auth: Service, Limits: api, Status: 200, Errors: []fault.Code{fault.CodeUnsupportedMedia, fault.CodeMalformed, fault.CodeInvalidRequest}}, http.HandlerFunc(h.introspect))
	Register(a, Route{Method: "POST", Path: "/api/v1/auth/email/verify", ID: "verifyEmail", Tag: "Sign-in", Summary: "Confirm an e-mail address", Description: "Takes the token of a registration's or of a changed address's mail.", Auth: Public, Limits: []string{RuleForgot}, Errors: []fault.Code{fault.CodeLinkExpired}}, h.verifyEmail)
	Register(a, Route{Method: "POST", Path: "/api/v1/auth/email/undo", ID: "undoEmail", Tag: "Sign-in", Summary: "Take a change of address back", Auth: Public, Limits: []string{RuleForgot}, Errors: []fault.Code{fault.CodeLinkExpired}}, h.undoEmail)
	Register(a, Route{Method: "POST", Path: "/api/v1/auth/email/resend", ID: "resendVerification", Tag: "Sign-in", Summary: "Send the verification mail again", Auth: Public, Limits: []string{RuleForgot}, Status: 202}, h.resend)
	Register(a, Route{Method: "POST", Path: "/api/v1/auth/password/forgot", ID: "forgotPassword", Tag: "Sign-in", Summary: "Mail a link that sets a new password", Description: "Answers the same whether or not the address has an account.", Auth: Public, Limits: []string{RuleForgot}, Status: 202}, h.forgot)
	Register(a, Route{Method: "POST", Path: "/api/v1/auth/password/reset", ID: "resetPassword", Tag: "Sign-in", Summary: "Set a new password with a mailed link", Auth: Public, Limits: []string{RuleForgot}, Errors: []fault.Code{fault.CodeLinkExpired, fault.CodeWeakPassword, fault.CodeBusy}}, h.reset)

	Register(a, Route{Method: "GET", Path: "/api/v1/me", ID: "getMe", Tag: "Account", Summary: "The signed-in user", Auth: Access, Limits: api}, h.getMe)
	Register(a, Route{Method: "PATCH", Path: "/api/v1/me", ID: "renameMe", Tag: "Account", Summary: "Change the display name", Auth: Access, Limits: api}, h.rename)
	Register(a, Route{Method: "DELETE", Path: "/api/v1/me", ID: "deleteMe", Tag: "Account", Summary: "Delete the account", Auth: Access, StepUp: true, Limits: api, Status: 204}, h.deleteMe)
	Register(a, Route{Method: "POST", Path: "/api/v1/me/password", ID: "changePassword", Tag: "Account", Summary: "Change the password", Description: "Every other session ends.", Auth: Access, Limits: []string{RuleLogin}, Status: 204, Errors: []fault.Code{fault.CodeInvalidCredentials, fault.CodeStepUpRequired, fault.CodeWeakPassword, fault.CodeBusy}}, h.changePassword)
	Register(a, Route{Method: "POST", Path: "/api/v1/me/email", ID: "changeEmail", Tag: "Account", Summary: "Change the e-mail address", Description: "Nothing changes until the new mailbox confirms.", Auth: Access, StepUp: true, Limits: []string{RuleForgot}, Status: 202}, h.changeEmail)
	Register(a, Route{Method: "GET", Path: "/api/v1/me/sessions", ID: "listSessions", Tag: "Account", Summary: "The open sessions", Auth: Access, Limits: api}, h.listSessions)
	Register(a, Route{Method: "DELETE", Path: "/api/v1/me/sessions/{id}", ID: "endSession", Tag: "Account", Summary: "End one session", Auth: Access, Limits: api, Status: 204, Errors: []fault.Code{fault.CodeNotFound}}, h.endSession)
	Register(a, Route{Method: "DELETE", Path: "/api/v1/me/sessions", ID: "endOtherSessions", Tag: "Account", Summary: "End all other sessions", Auth: Access, Limits: api, Status: 204}, h.endOtherSessions)
	Register(a, Route{Method: "GET", Path: "/api/v1/me/events", ID: "listEvents", Tag: "Account", Summary: "What happened to the account", Description: "From the audit log, newest first: sign-ins, failures, changes.", Auth: Access, Limits: api}, h.listEvents)
	Register(a, Route{Method: "GET", Path: "/api/v1/me/export", ID: "exportMe", Tag: "Account", Summary: "A copy of one's data", Description: "Everything that is kept about the account, without secrets.", Auth: Access, StepUp: true, Limits: []string{RuleForgot}}, h.exportMe)

	h.administration(a)
	h.secondFactors(a)
	h.passkeys(a)

	h.providerRoutes(a, api)

	RegisterPlain(a, Route{Method: "GET", Path: "/api/v1/ws", ID: "openSocket", Tag: "Gateway", Summary: "Open a WebSocket", Description: "Authenticated by the Authorization header, by a subprotocol that carries an access token or a ticket, or by the first frame; never by the address. See the gateway's documentation.", Auth: ByHandler, Limits: api, Timeout: -1, Status: 101}, r.Gateway)
	Register(a, Route{Method: "POST", Path: "/api/v1/ws/ticket", ID: "socketTicket", Tag: "Gateway", Summary: "A ticket that opens one WebSocket", Auth: Access, Limits: api}, h.ticket)
	Register(a, Route{Method: "POST", Path: "/api/v1/realtime/publish", ID: "publish", Tag: "Gateway", Summary: "Send an event to open sockets", Description: "To every socket of a user, of a session, or of a topic, on all nodes. 503 means that other nodes could not be reached: publish again with the same id.", Auth: Service, Limits: []string{RulePublish}, Status: 202, MaxBody: 80 << 10, Errors: []fault.Code{fault.CodeUnavailable}}, h.publish)
	Register(a, Route{Method: "POST", Path: "/api/v1/realtime/grants", ID: "grantTopics", Tag: "Gateway", Summary: "Let a user listen to topics", Description: "The grant goes to the user's client, which shows it when it subscribes.", Auth: Service, Limits: []string{RulePublish}, Status: 201}, h.grant)
	Register(a, Route{Method: "GET", Path: "/api/v1/realtime/stats", ID: "connected", Tag: "Gateway", Summary: "Who is connected", Description: "Counts of every node, and the connections of one user.", Auth: Service, Limits: []string{RulePublish}}, h.connected)

	h.brandRoutes(a)
	if len(r.RelatedOrigins) > 0 {
		RegisterPlain(a, Route{Method: "GET", Path: "/.well-known/webauthn", ID: "relatedOrigins", Tag: "Passkeys", Summary: "Sites of other names that may use these passkeys", Auth: Public, Limits: api}, http.HandlerFunc(h.relatedOrigins))
	}
	RegisterPlain(a, Route{Method: "GET", Path: "/.well-known/jwks.json", ID: "jwks", Tag: "Keys", Summary: "The public signing keys (RFC 7517)", Auth: Public, Limits: api}, http.HandlerFunc(h.jwks))
	if r.Reports != nil {
		RegisterPlain(a, Route{Method: "POST", Path: TwilioReports, ID: "smsReport", Tag: "Messages", Summary: "Take a report of the SMS carrier", Description: "For Twilio alone: believed only with the X-Twilio-Signature of the account's auth token.", Auth: ByHandler, Limits: api, Status: 204, Errors: []fault.Code{fault.CodeForbidden}}, http.HandlerFunc(h.smsReport))
	}
	if r.Inbox != nil {
		for _, page := range []struct{ path, id string }{{"/dev/inbox", "devInbox"}, {"/dev/inbox/messages", "devInboxMessages"}, {"/dev/inbox/style.css", "devInboxStyle"}} {
			RegisterPlain(a, Route{Method: "GET", Path: page.path, ID: page.id, Tag: "Development", Summary: "Messages of a local run", Auth: Public, Limits: api}, r.Inbox)
		}
	}
}

// secondFactors is the chapter of /mfa.
func (h resources) secondFactors(a *API) {
	api := []string{RuleAPI}
	mfaErrors := []fault.Code{fault.CodeInvalidCode, fault.CodeEnrolmentRequired}
	Register(a, Route{Method: "POST", Path: "/api/v1/mfa/totp/setup", ID: "setupTOTP", Tag: "Second factor", Summary: "Begin to set an authenticator app up", Auth: AccessOrAttempt, Limits: []string{RuleMFA}, Errors: []fault.Code{fault.CodeStepUpRequired, fault.CodeForbidden, fault.CodeConflict}}, h.setupTOTP)
	Register(a, Route{Method: "POST", Path: "/api/v1/mfa/totp/verify-setup", ID: "confirmTOTP", Tag: "Second factor", Summary: "Confirm the authenticator app with its first code", Description: "Answers backup codes with the first factor, and new tokens.", Auth: AccessOrAttempt, Limits: []string{RuleMFA}, Errors: append([]fault.Code{fault.CodeNothingPending, fault.CodeStepUpRequired}, mfaErrors...), OnInvalid: tried(h.confirmTOTP)}, h.confirmTOTP)
	Register(a, Route{Method: "POST", Path: "/api/v1/mfa/totp/verify", ID: "verifyTOTP", Tag: "Second factor", Summary: "Show a code of an authenticator app", Description: "Finishes a sign-in (attempt token) or is a step-up (access token).", Auth: AccessOrAttempt, Limits: []string{RuleMFA}, Errors: mfaErrors, OnInvalid: tried(h.verifyTOTP)}, h.verifyTOTP)
	sendErrors := []fault.Code{fault.CodeNotFound, fault.CodeForbidden, fault.CodeStepUpRequired, fault.CodeAlreadyEnrolled, fault.CodeConflict}
	confirmErrors := append([]fault.Code{fault.CodeNotFound, fault.CodeForbidden, fault.CodeStepUpRequired, fault.CodeNothingPending, fault.CodeBusy}, mfaErrors...)
	Register(a, Route{Method: "POST", Path: "/api/v1/mfa/sms/send", ID: "sendSMSCode", Tag: "Second factor", Summary: "Send a code by SMS", Description: "With phone it sets a number up: inside a session with a fresh proof, or in a sign-in that must set a factor up. Without, it sends to a number that is set up. A new code kills the older one.", Auth: AccessOrAttempt, Limits: []string{RuleMFA}, Status: 202, Errors: sendErrors}, h.sendSMS)
	Register(a, Route{Method: "POST", Path: "/api/v1/mfa/sms/verify", ID: "verifySMSCode", Tag: "Second factor", Summary: "Show a code that came by SMS", Description: "Finishes a sign-in (attempt token), is a step-up (access token), or confirms the number the code was sent to.", Auth: AccessOrAttempt, Limits: []string{RuleMFA}, Errors: confirmErrors, OnInvalid: tried(h.verifySent(proof.SMS))}, h.verifySent(proof.SMS))
	Register(a, Route{Method: "POST", Path: "/api/v1/mfa/email/send", ID: "sendEmailCode", Tag: "Second factor", Summary: "Send a code by e-mail", Description: "To the account's verified address: for a sign-in or session whose user has set e-mail codes up, else to set them up.", Auth: AccessOrAttempt, Limits: []string{RuleMFA}, Status: 202, Errors: append([]fault.Code{fault.CodeEmailNotVerified}, sendErrors...)}, h.sendEmail)
	Register(a, Route{Method: "POST", Path: "/api/v1/mfa/email/verify", ID: "verifyEmailCode", Tag: "Second factor", Summary: "Show a code that came by e-mail", Description: "Finishes a sign-in, is added to a session (it never makes a guarded action possible by itself), or confirms e-mail codes.", Auth: AccessOrAttempt, Limits: []string{RuleMFA}, Errors: confirmErrors, OnInvalid: tried(h.verifySent(proof.Email))}, h.verifySent(proof.Email))
	Register(a, Route{Method: "POST", Path: "/api/v1/mfa/backup-codes/verify", ID: "verifyBackupCode", Tag: "Second factor", Summary: "Show a backup code", Auth: AccessOrAttempt, Limits: []string{RuleMFA}, Errors: append([]fault.Code{fault.CodeBusy}, mfaErrors...), OnInvalid: tried(h.verifyWith(proof.BackupCode))}, h.verifyWith(proof.BackupCode))
	Register(a, Route{Method: "POST", Path: "/api/v1/mfa/backup-codes/generate", ID: "newBackupCodes", Tag: "Second factor", Summary: "Replace the backup codes", Auth: Access, StepUp: true, Limits: []string{RuleMFA}, Errors: []fault.Code{fault.CodeConflict, fault.CodeBusy}}, h.newBackupCodes)
	Register(a, Route{Method: "GET", Path: "/api/v1/mfa/status", ID: "mfaStatus", Tag: "Second factor", Summary: "What is set up", Auth: Access, Limits: api}, h.mfaStatus)
	Register(a, Route{Method: "GET", Path: "/api/v1/mfa/devices", ID: "listDevices", Tag: "Second factor", Summary: "The remembered devices", Auth: Access, Limits: api}, h.listDevices)
	Register(a, Route{Method: "DELETE", Path: "/api/v1/mfa/devices/{id}", ID: "forgetDevice", Tag: "Second factor", Summary: "Forget a remembered device", Auth: Access, Limits: api, Status: 204, Errors: []fault.Code{fault.CodeNotFound}}, h.forgetDevice)
	Register(a, Route{Method: "POST", Path: "/api/v1/mfa/disable", ID: "disableMFA", Tag: "Second factor", Summary: "Remove a factor", Description: "Every other session ends.", Auth: Access, StepUp: true, Limits: []string{RuleMFA}, Status: 204, Errors: []fault.Code{fault.CodeLastFactor, fault.CodeNotFound}}, h.disableMFA)
}

func (h resources) jwks(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(h.JWKSCache))
	_, _ = w.Write(h.Keys.JWKS(h.Clock()))
}

// providerRoutes are those of signing in with an account elsewhere.
func (h resources) providerRoutes(a *API, api []string) {
	Register(a, Route{Method: "GET", Path: "/api/v1/oauth/providers", ID: "listProviders", Tag: "Providers", Summary: "The providers one can sign in with", Auth: Public, Limits: api}, h.listProviders)
	RegisterPlain(a, Route{Method: "GET", Path: "/api/v1/oauth/{provider}/authorize", ID: "startProvider", Tag: "Providers", Summary: "Begin to sign in with a provider", Description: "For browsers: leads to the provider's page. Parameters: `return_to`, where to come back to, one of the allowed places; `code_challenge`, the S256 challenge of a verifier that the front end keeps for the exchange; or the `ticket` of a link.", Auth: Public, Limits: []string{RulePassage}, Status: 303, Errors: []fault.Code{fault.CodeNotFound, fault.CodeInvalidRequest, fault.CodeLinkExpired}}, http.HandlerFunc(h.startProvider))
	RegisterPlain(a, Route{Method: "GET", Path: "/api/v1/oauth/{provider}/callback", ID: "finishProvider", Tag: "Providers", Summary: "Where a provider sends people back to", Description: "Leads to the front end with a one-time code in the fragment (`#code=…`), good for a minute, or shows a page that says what went wrong.", Auth: Public, Limits: []string{RuleOAuth}, Status: 303, Errors: []fault.Code{fault.CodeNotFound, fault.CodeForbidden}}, http.HandlerFunc(h.finishProvider))
	Register(a, Route{Method: "POST", Path: "/api/v1/oauth/exchange", ID: "exchangeProvider", Tag: "Providers", Summary: "Exchange the one-time code of a provider sign-in", Description: "Answers like a sign-in with a password, and `decision`. A code that was begun with a code_challenge needs its code_verifier, any other the cookie of the browser it was made in; the code of a link needs the access token of the session that asked for it.", Auth: ByHandler, Limits: []string{RuleOAuth}, Errors: []fault.Code{fault.CodeAttemptExpired, fault.CodeInvalidToken, fault.CodeInvalidCredentials, fault.CodeEmailNotVerified, fault.CodeForbidden, fault.CodeConflict}}, h.exchangeProvider)
	Register(a, Route{Method: "POST", Path: "/api/v1/oauth/{provider}/link", ID: "linkProvider", Tag: "Providers", Summary: "Begin to link a provider's account", Description: "Answers the address to open in the browser; the code it comes back with is exchanged with the access token of this session.", Auth: Access, StepUp: true, Limits: []string{RulePassage}, Errors: []fault.Code{fault.CodeNotFound}}, h.linkProvider)
	Register(a, Route{Method: "GET", Path: "/api/v1/oauth/accounts", ID: "listLinked", Tag: "Providers", Summary: "The linked accounts", Auth: Access, Limits: api}, h.listLinked)
	Register(a, Route{Method: "DELETE", Path: "/api/v1/oauth/accounts/{id}", ID: "unlinkProvider", Tag: "Providers", Summary: "Unlink a provider's account", Description: "Every other session ends. The last way to sign in stays.", Auth: Access, StepUp: true, Limits: api, Status: 204, Errors: []fault.Code{fault.CodeNotFound, fault.CodeLastSignInMethod}}, h.unlinkProvider)
	Register(a, Route{Method: "POST", Path: "/api/v1/me/merge", ID: "mergeAccounts", Tag: "Providers", Summary: "Merge another own account into this one", Description: "Takes a fresh proof of both: this route's, and an access token of the other account whose session has one too. The other's linked accounts move here; it is deleted with everything else that belongs to it. With dry_run it only says what would happen.", Auth: Access, StepUp: true, Limits: []string{RuleLogin}, Errors: []fault.Code{fault.CodeInvalidToken, fault.CodeForbidden, fault.CodeConflict}}, h.merge)
	Register(a, Route{Method: "POST", Path: "/api/v1/oauth/token", ID: "providerToken", Tag: "Providers", Summary: "A provider's access token, for a backend", Description: "For a backend that calls the provider for a user, where the server keeps provider tokens. Renewed where it is about to expire. Accounts whose token was withdrawn answer conflict until the user signs in there again.", Auth: Service, Limits: api, Errors: []fault.Code{fault.CodeNotFound, fault.CodeConflict}}, h.providerToken)
}

// passkeys is the chapter of /webauthn.
func (h resources) passkeys(a *API) {
	mfa := []string{RuleMFA}
	enrolErrors := []fault.Code{fault.CodeNotFound, fault.CodeForbidden, fault.CodeStepUpRequired}
	refused := []fault.Code{fault.CodeInvalidCredentials, fault.CodeChallengeExpired, fault.CodeUserVerification, fault.CodeNotFound}
	Register(a, Route{Method: "POST", Path: "/api/v1/webauthn/register/begin", ID: "beginPasskey", Tag: "Passkeys", Summary: "Begin to add a passkey or security key", Description: "Inside a session with a fresh proof, or in a sign-in that must set a factor up.", Auth: AccessOrAttempt, Limits: mfa, Errors: enrolErrors}, h.beginPasskey)
	Register(a, Route{Method: "POST", Path: "/api/v1/webauthn/register/finish", ID: "finishPasskey", Tag: "Passkeys", Summary: "Add the passkey that the browser made", Description: "Answers backup codes with the first factor, and new tokens.", Auth: AccessOrAttempt, Limits: mfa, Status: 201, Errors: append([]fault.Code{fault.CodeChallengeExpired, fault.CodeAlreadyEnrolled, fault.CodeConflict, fault.CodeBusy}, enrolErrors...)}, h.finishPasskey)
	Register(a, Route{Method: "POST", Path: "/api/v1/webauthn/login/begin", ID: "beginPasskeyLogin", Tag: "Passkeys", Summary: "Begin a sign-in with a passkey", Description: "Without an address the browser offers what it has, also in the autofill of a form. An address without a passkey gets an answer like any other.", Auth: Public, Limits: []string{RulePasskey}, Errors: []fault.Code{fault.CodeNotFound}}, h.beginPasskeyLogin)
	Register(a, Route{Method: "POST", Path: "/api/v1/webauthn/login/finish", ID: "finishPasskeyLogin", Tag: "Passkeys", Summary: "Sign in with a passkey", Description: "A passkey that checked its user finishes the sign-in; after any other a second factor is asked for. A passkey that is not known here is told by the field code unknown_credential, for PublicKeyCredential.signalUnknownCredential().", Auth: Public, Limits: []string{RuleLogin}, Errors: append([]fault.Code{fault.CodeEmailNotVerified}, refused...)}, h.finishPasskeyLogin)
	Register(a, Route{Method: "POST", Path: "/api/v1/webauthn/verify/begin", ID: "beginPasskeyVerify", Tag: "Passkeys", Summary: "Begin to answer with a passkey", Description: "For a sign-in that asks for one (attempt token), or a step-up (access token).", Auth: AccessOrAttempt, Limits: mfa, Errors: []fault.Code{fault.CodeForbidden, fault.CodeNotFound}}, h.beginPasskeyVerify)
	Register(a, Route{Method: "POST", Path: "/api/v1/webauthn/verify/finish", ID: "finishPasskeyVerify", Tag: "Passkeys", Summary: "Answer with a passkey", Description: "Finishes a sign-in (attempt token) or is a step-up (access token).", Auth: AccessOrAttempt, Limits: mfa, Errors: append([]fault.Code{fault.CodeInvalidCode, fault.CodeEnrolmentRequired}, refused...)}, h.finishPasskeyVerify)
	Register(a, Route{Method: "GET", Path: "/api/v1/webauthn/credentials", ID: "listPasskeys", Tag: "Passkeys", Summary: "The passkeys of the account", Description: "With what a page tells the browser's password manager about them.", Auth: Access, Limits: []string{RuleAPI}}, h.listPasskeys)
	Register(a, Route{Method: "PATCH", Path: "/api/v1/webauthn/credentials/{id}", ID: "renamePasskey", Tag: "Passkeys", Summary: "Rename a passkey", Auth: Access, StepUp: true, Limits: []string{RuleAPI}, Status: 204, Errors: []fault.Code{fault.CodeNotFound}}, h.renamePasskey)
	Register(a, Route{Method: "DELETE", Path: "/api/v1/webauthn/credentials/{id}", ID: "removePasskey", Tag: "Passkeys", Summary: "Remove a passkey", Description: "Every other session ends. The last way to sign in stays.", Auth: Access, StepUp: true, Limits: []string{RuleAPI}, Status: 204, Errors: []fault.Code{fault.CodeNotFound, fault.CodeLastSignInMethod, fault.CodeLastFactor}}, h.removePasskey)
}
