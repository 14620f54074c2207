package account

// Len is the number of profiles held.
func (p *Profiles) Len() int { return p.held.Len() }
