// Package audit keeps the record of what happened: append-only and chained, so
// that a changed or deleted row is found (AU-05).
//
// It decides the vocabulary (OWASP logging vocabulary, AU-01), the fields of an
// event and how the chain is computed and verified. It refuses to know SQL: a
// change and its events are written by one transaction of the store, which is
// handed a Trail (AU-06). Start reading at Event and Trail.
package audit
