// Package phone reads phone numbers as people write them and gives each one
// canonical form (OT-08).
//
// It decides what is a number, which country it belongs to, and whether an SMS
// can sensibly be sent there: extensions, premium, shared-cost and landline
// ranges are refused. It refuses to know budgets and the operator's list of
// countries. Everything that counts or compares numbers uses Number.E164 only.
// Start reading at Parse.
package phone
