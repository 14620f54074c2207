// Package microsoft signs in with Microsoft Entra ID and personal Microsoft
// accounts, which speak OpenID Connect with one set of metadata for many
// issuers.
//
// It decides which directories are let in (OA-06): the issuer of a token must be
// that of the directory it names, the key must be published for that issuer, and
// the directory must be allowed. It refuses to trust an address by itself: any
// directory's administrator can write any address into it. Only where Microsoft
// says that the directory has shown to own the domain does the address count.
// Start reading at New.
package microsoft
