import type { SignIn } from "../src/session.ts";
import type { TabNews, Tabs } from "../src/tabs.ts";

/** An answer with tokens, as the server gives them. */
export function tokens(access: string, more: Partial<SignIn> = {}): SignIn {
  const user = {
    id: "0199a1f0-3c5e-7d10-9a55-2f1c8c0e7b11",
    email: "ada@example.org",
    email_verified: true,
    name: "Ada",
    role: "user",
    has_password: true,
    created_at: "2026-01-01T00:00:00Z",
  } as const;
  return { access_token: access, token_type: "Bearer", expires_in: 600, user, ...more };
}

/** A JSON answer; refusals are problem documents. */
export function answer(body: unknown, status = 200): Response {
  const type = status < 400 ? "application/json" : "application/problem+json";
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": type } });
}

/** A problem document of that status and code. */
export function problem(status: number, code: string, more: object = {}): Response {
  return answer({ type: `/docs/errors#${code}`, title: code, status, detail: code, code, ...more }, status);
}

/** Tabs that share one lock and hear one another. */
export function tabsOfOneBrowser(): () => Tabs {
  let last: Promise<unknown> = Promise.resolve();
  const all = new Map<Tabs, (news: TabNews) => void>();
  return () => {
    const tab: Tabs = {
      alone: (work) => {
        const turn = last.then(work, work);
        last = turn.catch(() => undefined);
        return turn;
      },
      tell: (news) => {
        for (const [other, listener] of all) {
          if (other !== tab) {
            listener(news);
          }
        }
      },
      listen: (listener) => {
        all.set(tab, listener);
        return () => all.delete(tab);
      },
    };
    return tab;
  };
}

/** A WebSocket whose other end is the test. */
export class FakeSocket extends EventTarget {
  static all: FakeSocket[] = [];
  readonly sent: Record<string, string>[] = [];
  readonly url: string;
  readonly protocols: string[];
  readyState = 1;
  closedWith: number | undefined;

  constructor(url: string, protocols: string[]) {
    super();
    this.url = url;
    this.protocols = protocols;
    FakeSocket.all.push(this);
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (socket === undefined) {
      throw new Error("no socket was opened");
    }
    return socket;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code: number): void {
    this.readyState = 3;
    this.closedWith = code;
  }

  /** What the server sends. */
  frame(frame: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  welcome(): void {
    this.frame({
      type: "welcome",
      connection_id: "c",
      session_id: "s",
      expires_at: "2026-01-01T00:10:00Z",
      heartbeat: 25,
    });
  }

  /** How the server closes, or how the network breaks (1006). */
  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}
