package password

// LoadBreachedLimit is LoadBreached with another limit.
var LoadBreachedLimit = loadBreached

// Reencode parses a stored hash and, if it is argon2id as Hash writes it, gives
// the text that would be written for it.
func Reencode(encoded string) (string, bool) {
	stored, err := parse(encoded)
	own, isOwn := stored.(ownHash)
	if err != nil || !isOwn {
		return "", false
	}
	return own.encode(), true
}

// Season is season, for published vectors.
var Season = season

// MinPepper is minPepper.
const MinPepper = minPepper
