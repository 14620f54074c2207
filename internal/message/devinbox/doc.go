// Package devinbox delivers e-mails and SMS to the developer: one line on the
// terminal, a list at /dev/inbox and JSON at /dev/inbox/messages.
//
// It decides how they are shown and how many are kept. It refuses to know when
// it may be used: it shows every secret, so the composing package mounts it for
// local runs only, and it answers callers on this machine's own names only.
// Start reading at Inbox.
package devinbox
