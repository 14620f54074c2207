package twilio

// Genuine is genuine, for the vector of Twilio's documentation.
var Genuine = genuine

// Verdict is verdict: what an answer to a posted message means.
var Verdict = verdict
