package gateway

// entry is one event as it was delivered.
type entry struct {
	number uint64 // counts the deliveries of this node, from 1
	to     Audience
	id     string
	frame  []byte
}

// history is what was delivered lately, in order and bounded both ways, so that
// a client that comes back is told what it missed.
type history struct {
	maxEvents, maxBytes int

	ring  []entry // grows to maxEvents, then wraps
	first int     // where the oldest entry is
	bytes int
	last  uint64            // number of the newest entry ever
	gap   uint64            // number of the newest entry before the last gap
	at    map[string]uint64 // id → number
}

func newHistory(maxEvents, maxBytes int) history {
	return history{maxEvents: maxEvents, maxBytes: maxBytes, at: map[string]uint64{}}
}

// add appends an event and returns its number; false for an id that is still
// remembered.
func (h *history) add(to Audience, id string, frame []byte) (uint64, bool) {
	if _, twice := h.at[id]; twice {
		return 0, false
	}
	for len(h.at) >= h.maxEvents || len(h.at) > 0 && h.bytes+len(frame) > h.maxBytes {
		h.dropOldest()
	}
	h.last++
	e := entry{h.last, to, id, frame}
	if i := (h.first + len(h.at)) % h.maxEvents; i == len(h.ring) {
		h.ring = append(h.ring, e)
	} else {
		h.ring[i] = e
	}
	h.at[id] = h.last
	h.bytes += len(frame)
	return h.last, true
}

func (h *history) dropOldest() {
	old := &h.ring[h.first]
	delete(h.at, old.id)
	h.bytes -= len(old.frame)
	*old = entry{}
	h.first = (h.first + 1) % h.maxEvents
}

// forget drops the frames: none is sent again, and nobody who saw only older ones
// can go on from there. The ids stay, so that an event which was delivered before a
// gap is not delivered again when its backend tries once more.
func (h *history) forget() {
	for i := range h.ring {
		h.ring[i].frame = nil
	}
	h.bytes, h.gap = 0, h.last
}

// after returns the frames behind the event with that id whose audience fits;
// false when the id is not remembered or lies before a gap, or they are more than
// maxBytes: then something may be missing.
func (h *history) after(id string, maxBytes int, fits func(Audience) bool) (frames [][]byte, ok bool) {
	number, known := h.at[id]
	if !known || number <= h.gap {
		return nil, false
	}
	total, n := 0, len(h.at)
	for i := n - int(h.last-number); i < n; i++ {
		e := h.ring[(h.first+i)%h.maxEvents]
		if !fits(e.to) {
			continue
		}
		if total += len(e.frame); total > maxBytes {
			return nil, false
		}
		frames = append(frames, e.frame)
	}
	return frames, true
}
