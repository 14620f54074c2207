import type { User } from "./session.ts";

/** What the tabs of one browser tell each other about the session they share. */
export type TabNews =
  | { type: "tokens"; accessToken: string; expiresAt: number; user: User | undefined }
  | { type: "signed_out" };

/** Ties between the tabs of one site. */
export interface Tabs {
  /** Runs work while no other tab runs work of this kind. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  tell(news: TabNews): void;
  /** Calls listener with what other tabs tell; returns what stops it. */
  listen(listener: (news: TabNews) => void): () => void;
}

/** A program without other tabs: a test, a server, a browser that lacks the means. */
export const onlyTab: Tabs = {
  alone: (work) => work(),
  tell: () => {},
  listen: () => () => {},
};

/**
 * Ties over Web Locks and a BroadcastChannel, which reach the same origin only.
 * The name keeps clients of different servers apart.
 */
export function browserTabs(name: string): Tabs {
  if (typeof BroadcastChannel === "undefined" || typeof navigator === "undefined" || !navigator.locks) {
    return onlyTab;
  }
  const channel = new BroadcastChannel(name);
  return {
    alone: (work) => navigator.locks.request(name, work) as ReturnType<typeof work>,
    tell: (news) => channel.postMessage(news),
    listen: (listener) => {
      const heard = (event: MessageEvent<TabNews>) => listener(event.data);
      channel.addEventListener("message", heard);
      return () => channel.removeEventListener("message", heard);
    },
  };
}
