// Package config is the one definition of every setting.
//
// It decides what a setting is called, what it defaults to, which values are
// refused and why, and what changes under SECURITY_PROFILE=strict. Loading, the
// settings reference, `.env.auth.example` and the listing of `sallyport settings`
// are all made from the same table. It refuses to know what anybody does with a
// value: it opens no database and dials nobody.
//
// A feature brings one file: a struct with its fields and up to three methods,
// settings (the rows of the table), derive (defaults that follow from other
// settings) and check (what does not go together), plus one line in
// Config.blocks.
//
// Start reading at Config, then at app.go for the shape of a block.
package config
