import { Signal } from "./signal.ts";

/** How the other side answered lately. */
export interface HeartbeatStatus {
  /** late: the last ping is unanswered for more than an interval; lost: two in a row, the connection is given up. */
  state: "unknown" | "alive" | "late" | "lost";
  /** Milliseconds between the last answered ping and its pong. */
  roundTripMs: number | undefined;
  /** Pings in a row without an answer. */
  missed: number;
  /** When the last frame came, milliseconds since 1970. */
  lastSeen: number | undefined;
}

/** What a heartbeat starts from. */
export const noHeartbeat: HeartbeatStatus = {
  state: "unknown",
  roundTripMs: undefined,
  missed: 0,
  lastSeen: undefined,
};

/** Pings in a row that may go unanswered: the server's own rule (close code 4008). */
const misses = 2;

/**
 * Asks the server for a sign of life. Pages do not see RFC 6455 pings, so these
 * are frames of ours; a network that has died without a word is noticed by them.
 */
export class Heartbeat {
  readonly changed = new Signal<HeartbeatStatus>();
  readonly #ping: (id: string) => void;
  readonly #lost: () => void;
  readonly #now: () => number;
  #status = noHeartbeat;
  #timer: ReturnType<typeof setInterval> | undefined;
  #sent: { id: string; at: number } | undefined;
  #count = 0;

  constructor(options: { ping: (id: string) => void; lost: () => void; now: () => number }) {
    this.#ping = options.ping;
    this.#lost = options.lost;
    this.#now = options.now;
  }

  get status(): HeartbeatStatus {
    return this.#status;
  }

  /** Beats every intervalMs, from now on. */
  start(intervalMs: number): void {
    this.stop();
    this.#set({ ...noHeartbeat, state: "alive", lastSeen: this.#now() });
    this.#beat();
    this.#timer = setInterval(() => this.#tick(), intervalMs);
  }

  /** Stops beating; the last status stays. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sent = undefined;
  }

  /** A frame came; with the id of the ping that it answers, if it does. */
  seen(pong?: string): void {
    const now = this.#now();
    if (this.#sent !== undefined && this.#sent.id === pong) {
      const roundTripMs = now - this.#sent.at;
      this.#sent = undefined;
      this.#set({ state: "alive", roundTripMs, missed: 0, lastSeen: now });
      return;
    }
    this.#set({ ...this.#status, state: "alive", missed: 0, lastSeen: now });
  }

  #tick(): void {
    if (this.#sent === undefined) {
      this.#beat();
      return;
    }
    const missed = this.#status.missed + 1;
    this.#set({ ...this.#status, state: missed < misses ? "late" : "lost", missed });
    if (missed < misses) {
      this.#beat();
      return;
    }
    this.stop();
    this.#lost();
  }

  #beat(): void {
    this.#count += 1;
    this.#sent = { id: String(this.#count), at: this.#now() };
    this.#ping(this.#sent.id);
  }

  #set(status: HeartbeatStatus): void {
    this.#status = status;
    this.changed.emit(status);
  }
}
