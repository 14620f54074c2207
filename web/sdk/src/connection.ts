import { afterClose, backoffMs, type Verdict } from "./backoff.ts";
import { type ClientFrame, readFrame, type ServerFrame } from "./frames.ts";
import { Heartbeat, type HeartbeatStatus } from "./heartbeat.ts";
import { Problem } from "./problem.ts";
import type { Session } from "./session.ts";
import { Signal } from "./signal.ts";

/** waiting: before the next attempt. closed: nothing more happens by itself. */
export type ConnectionState = "idle" | "connecting" | "open" | "waiting" | "closed";

export interface ConnectionStatus {
  state: ConnectionState;
  /** Why the last connection ended: a name of the table of close codes, "lost", or a problem's code. */
  reason: string | undefined;
  /** The code of the last close; undefined where none came. */
  closeCode: number | undefined;
  /** When the next attempt begins, milliseconds since 1970; only while waiting. */
  retryAt: number | undefined;
  connectionId: string | undefined;
}

/** Something that was published to this user, session or topic. */
export interface ServerEvent {
  id: string;
  name: string;
  data: unknown;
  /** Undefined where it went to the user or session. */
  topic: string | undefined;
}

/** What can be replaced, for tests and programs that are no browser. */
export interface ConnectionOptions {
  webSocket?: new (url: string, protocols: string[]) => WebSocket;
  /** In [0, 1), for the jitter of waits. */
  random?: () => number;
  now?: () => number;
}

interface Needs {
  baseUrl: string;
  session: Session;
  ticket: () => Promise<string>;
}

const initial: ConnectionStatus = {
  state: "idle",
  reason: undefined,
  closeCode: undefined,
  retryAt: undefined,
  connectionId: undefined,
};

/**
 * A WebSocket that stays authenticated: it opens with a one-use ticket, sends a
 * fresh token before the old one expires, comes back after a loss as the table of
 * close codes says, and asks then for what it missed. It ends with the session.
 */
export class Connection {
  readonly changed = new Signal<ConnectionStatus>();
  readonly event = new Signal<ServerEvent>();
  /** Events may have been missed, of that topic or of everything: read the state anew. */
  readonly gap = new Signal<{ topic: string | undefined }>();
  /** The server refused a frame, such as a subscription. */
  readonly refused = new Signal<{ code: string; message: string; topic: string | undefined }>();
  readonly subscribed = new Signal<{ topic: string; on: boolean }>();
  readonly #needs: Needs;
  readonly #make: NonNullable<ConnectionOptions["webSocket"]>;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #heartbeat: Heartbeat;
  readonly #topics = new Map<string, { grant: string | undefined; after: string | undefined }>();
  #status = initial;
  #socket: WebSocket | undefined;
  #after: string | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #unlisten: (() => void) | undefined;

  constructor(needs: Needs, options: ConnectionOptions) {
    this.#needs = needs;
    this.#make = options.webSocket ?? WebSocket;
    this.#random = options.random ?? Math.random;
    this.#now = options.now ?? (() => Date.now());
    this.#heartbeat = new Heartbeat({
      ping: (id) => this.#send({ type: "ping", id }),
      lost: () => this.#ended(4008, ""),
      now: this.#now,
    });
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  get heartbeat(): { status: HeartbeatStatus; changed: Signal<HeartbeatStatus> } {
    return this.#heartbeat;
  }

  /** Opens the socket and keeps it open until close is called or the session ends. */
  connect(): void {
    if (this.#status.state === "connecting" || this.#status.state === "open") {
      return;
    }
    this.#listen();
    void this.#open();
  }

  /** Closes the socket and stays away. */
  close(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#drop(1000);
    this.#set({ ...initial, state: "closed", reason: "normal", closeCode: 1000 });
  }

  /** Listens to a topic, now and after every return. The grant is what your backend got for this user. */
  subscribe(topic: string, grant?: string): void {
    this.#topics.set(topic, { grant, after: this.#topics.get(topic)?.after });
    this.#sendSubscribe(topic);
  }

  unsubscribe(topic: string): void {
    if (this.#topics.delete(topic) && this.#status.state === "open") {
      this.#send({ type: "unsubscribe", topic });
    }
  }

  async #open(): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    clearTimeout(this.#timer);
    this.#set({ ...this.#status, state: "connecting", retryAt: undefined, connectionId: undefined });
    let ticket: string;
    try {
      ticket = await this.#needs.ticket();
    } catch (error) {
      if (attempt === this.#attempt) {
        this.#notOpened(error);
      }
      return;
    }
    if (attempt !== this.#attempt) {
      return; // closed or begun anew meanwhile
    }
    const url = new URL(`${this.#needs.baseUrl}/api/v1/ws`);
    url.protocol = url.protocol.replace("http", "ws");
    if (this.#after !== undefined) {
      url.searchParams.set("after", this.#after);
    }
    const socket = new this.#make(url.href, ["sallyport.v1", `sallyport.ticket.${ticket}`]);
    this.#socket = socket;
    socket.addEventListener("message", (message) => {
      const frame = this.#socket === socket ? readFrame(message.data) : undefined;
      if (frame !== undefined) {
        this.#take(frame);
      }
    });
    socket.addEventListener("close", (close) => {
      if (this.#socket === socket) {
        this.#ended(close.code, close.reason);
      }
    });
  }

  #take(frame: ServerFrame): void {
    this.#heartbeat.seen(frame.type === "pong" ? frame.id : undefined);
    switch (frame.type) {
      case "welcome":
        this.#failures = 0;
        this.#set({ ...initial, state: "open", connectionId: frame.connection_id });
        this.#heartbeat.start(frame.heartbeat * 1000);
        for (const topic of this.#topics.keys()) {
          this.#sendSubscribe(topic);
        }
        break;
      case "event":
        this.#remember(frame.id, frame.topic);
        this.event.emit({ id: frame.id, name: frame.name, data: frame.data, topic: frame.topic });
        break;
      case "gap":
        this.gap.emit({ topic: frame.topic });
        break;
      case "subscribed":
      case "unsubscribed":
        this.subscribed.emit({ topic: frame.topic, on: frame.type === "subscribed" });
        break;
      case "auth_expiring":
        void this.#renew();
        break;
      case "error":
        this.refused.emit({ code: frame.code, message: frame.message, topic: frame.topic });
        break;
    }
  }

  /** Remembers where to go on after a loss. */
  #remember(id: string, topic: string | undefined): void {
    const listening = topic === undefined ? undefined : this.#topics.get(topic);
    if (listening !== undefined) {
      listening.after = id;
    } else if (topic === undefined) {
      this.#after = id;
    }
  }

  /** Sends a fresh token on the open socket. Without one the server closes it with 4002, which is dealt with there. */
  async #renew(): Promise<void> {
    const socket = this.#socket;
    const old = await this.#needs.session.accessToken().catch(() => undefined);
    const token = await this.#needs.session.renew(old ?? "").catch(() => "");
    if (token && this.#socket === socket) {
      this.#send({ type: "auth", token });
    }
  }

  /** No ticket: the session is over, or the server or network does not answer. */
  #notOpened(error: unknown): void {
    const problem = error instanceof Problem ? error : undefined;
    if (problem?.final) {
      this.#stop(problem.code, undefined);
      return;
    }
    this.#failures += 1;
    const waitMs = (problem?.retryAfterMs ?? 0) + backoffMs(this.#failures, this.#random());
    this.#wait({ reconnect: "yes", waitMs, name: problem?.code ?? "lost" }, undefined);
  }

  #ended(code: number, reason: string): void {
    this.#drop(code);
    this.#failures += 1;
    const verdict = afterClose(code, reason, this.#failures, this.#random());
    if (verdict.reconnect === "no") {
      this.#stop(verdict.name, code);
      return;
    }
    if (verdict.reconnect === "after auth") {
      void this.#afterAuth(verdict, code);
      return;
    }
    this.#wait(verdict, code);
  }

  /** Comes back with a fresh token; where there is none to be had, the session has ended. */
  async #afterAuth(verdict: Verdict, code: number): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#set({ ...initial, state: "connecting", reason: verdict.name, closeCode: code });
    const { session } = this.#needs;
    let token: string | undefined;
    try {
      token = await session.renew((await session.accessToken()) ?? "");
    } catch {
      token = undefined; // no answer: the attempt to come back asks again
    }
    if (attempt !== this.#attempt) {
      return;
    }
    if (token === "") {
      this.#stop(verdict.name, code);
      return;
    }
    this.#wait(verdict, code);
  }

  #wait(verdict: Verdict, code: number | undefined): void {
    this.#set({
      ...initial,
      state: "waiting",
      reason: verdict.name,
      closeCode: code,
      retryAt: this.#now() + verdict.waitMs,
    });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#open(), verdict.waitMs);
  }

  #stop(reason: string, code: number | undefined): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#drop(1000);
    this.#set({ ...initial, state: "closed", reason, closeCode: code });
  }

  /** Lets go of the socket without waiting for its other end, which may be gone. */
  #drop(code: number): void {
    this.#attempt += 1;
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined && socket.readyState <= 1) {
      socket.close(code === 1000 || code >= 4000 ? code : 1000);
    }
  }

  /** Hears when the session ends and when the network is back. */
  #listen(): void {
    if (this.#unlisten !== undefined) {
      return;
    }
    const signedOut = this.#needs.session.changed.on((state) => {
      if (state === "signed_out") {
        this.#stop("signed_out", undefined);
      }
    });
    const online = () => {
      if (this.#status.state === "waiting") {
        void this.#open();
      }
    };
    globalThis.addEventListener?.("online", online);
    this.#unlisten = () => {
      signedOut();
      globalThis.removeEventListener?.("online", online);
    };
  }

  #sendSubscribe(topic: string): void {
    const listening = this.#topics.get(topic);
    if (listening === undefined || this.#status.state !== "open") {
      return;
    }
    const { grant, after } = listening;
    this.#send({
      type: "subscribe",
      topic,
      ...(grant === undefined ? {} : { grant }),
      ...(after === undefined ? {} : { after }),
    });
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === 1) {
      this.#socket.send(JSON.stringify(frame));
    }
  }

  #set(status: ConnectionStatus): void {
    this.#status = status;
    this.changed.emit(status);
  }
}
