// Package smtp hands e-mails to a mail server.
//
// It decides how the connection is protected and signed in to, what the headers
// say, and which refusals are final. It refuses to know what a mail is about and
// when it is tried again. Start reading at Sender.Send.
package smtp
