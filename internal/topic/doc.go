// Package topic says what the name of a topic is and what a rule about topics
// allows. A topic is where backends publish events for many people at once:
// "orders/42", "news/sport".
//
// It decides the grammar of names and rules, once for settings, gateway and API.
// It refuses to know who asks and what is published. Start reading at Valid and
// Rule.
package topic
