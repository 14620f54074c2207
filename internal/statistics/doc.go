// Package statistics says what happened over time, for the charts of
// administrators: each node keeps one sample a minute in the database, and a
// series adds up the nodes.
//
// It decides what a sample holds and how samples become the points of a chart. It
// refuses to know where the numbers come from and who looks at them; operators
// with Prometheus have more, and finer, numbers. Start reading at Sample.
package statistics
