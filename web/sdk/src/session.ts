import type { components } from "./api.ts";
import { problemOf } from "./problem.ts";
import { Signal } from "./signal.ts";
import { onlyTab, type Tabs } from "./tabs.ts";

/** An answer that may carry tokens: of a sign-in, a refresh or a step-up. */
export type SignIn = components["schemas"]["SignInBody"];

/** A user as the API shows them. */
export type User = NonNullable<SignIn["user"]>;

/** Where a session stands; unknown until the first look at the cookie. */
export type SessionState = "unknown" | "signed_in" | "signed_out";

/** Seconds before its expiry from which an access token is renewed instead of used. */
const renewBefore = 30;

export interface SessionOptions {
  /** The server's address, without a path. */
  baseUrl: string;
  /**
   * cookie (the default in browsers): the refresh token stays in an HttpOnly
   * cookie that no script reads. body: this object keeps it in memory; for
   * programs that are no browser, or pages on a site of another name.
   */
  delivery?: "cookie" | "body";
  fetch?: typeof fetch;
  tabs?: Tabs;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * The tokens of one person's session, in memory only. It renews the access token
 * shortly before it expires; however many ask at once, and in however many tabs,
 * one request is sent.
 */
export class Session {
  readonly changed = new Signal<SessionState>();
  readonly delivery: "cookie" | "body";
  readonly #baseUrl: string;
  readonly #fetch: typeof fetch;
  readonly #tabs: Tabs;
  readonly #now: () => number;
  #state: SessionState = "unknown";
  #access = "";
  #expiresAt = 0;
  #refresh = "";
  #user: User | undefined;
  #renewing: Promise<string> | undefined;

  constructor(options: SessionOptions) {
    this.#baseUrl = options.baseUrl;
    this.delivery = options.delivery ?? (typeof document === "undefined" ? "body" : "cookie");
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    // Sessions in memory are a tab's own; those of a cookie are the browser's.
    this.#tabs = this.delivery === "cookie" ? (options.tabs ?? onlyTab) : onlyTab;
    this.#now = options.now ?? (() => Date.now());
    this.#tabs.listen((news) => {
      if (news.type === "signed_out") {
        this.#forget();
      } else {
        this.#user = news.user ?? this.#user;
        this.#keep(news.accessToken, news.expiresAt);
      }
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Who is signed in, as the last answer said. */
  get user(): User | undefined {
    return this.#user;
  }

  /** Takes the tokens of an answer. One that still waits for a proof changes nothing. */
  accept(answer: SignIn): void {
    if (!answer.access_token) {
      return;
    }
    if (answer.refresh_token) {
      this.#refresh = answer.refresh_token;
    }
    this.#user = answer.user ?? this.#user;
    const expiresAt = this.#now() + (answer.expires_in ?? 0) * 1000;
    this.#keep(answer.access_token, expiresAt);
    this.#tabs.tell({ type: "tokens", accessToken: answer.access_token, expiresAt, user: this.#user });
  }

  /** Forgets everything, here and in the other tabs; the server is told by whoever signs out. */
  clear(): void {
    this.#tabs.tell({ type: "signed_out" });
    this.#forget();
  }

  /**
   * An access token that is good for a while; undefined when nobody is signed in.
   * Throws a Problem or the network's error when renewing did not get an answer.
   */
  async accessToken(): Promise<string | undefined> {
    if (this.#access && this.#expiresAt - renewBefore * 1000 > this.#now()) {
      return this.#access;
    }
    if (this.#state === "signed_out") {
      return undefined;
    }
    return (await this.renew(this.#access)) || undefined;
  }

  /**
   * Renews the tokens and returns the new access token, "" when the session has
   * ended. Name the token that did not do: where somebody else has replaced it
   * meanwhile, theirs is returned and nothing is sent.
   */
  renew(refused: string): Promise<string> {
    this.#renewing ??= this.#tabs
      .alone(async () => (this.#access && this.#access !== refused ? this.#access : this.#ask()))
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }

  async #ask(): Promise<string> {
    if (this.delivery === "body" && !this.#refresh) {
      this.clear();
      return "";
    }
    let response = await this.#send();
    if (response.status === 409) {
      // A tab without locks was faster by a moment; the cookie is its successor now.
      response = await this.#send();
    }
    if (response.ok) {
      this.accept(await response.json());
      return this.#access;
    }
    const problem = await problemOf(response);
    if (problem.status !== 401) {
      throw problem;
    }
    this.clear();
    return "";
  }

  #send(): Promise<Response> {
    return this.#fetch(`${this.#baseUrl}/api/v1/auth/refresh`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Token-Delivery": this.delivery },
      credentials: "include",
      body: JSON.stringify(this.delivery === "body" ? { refresh_token: this.#refresh } : {}),
    });
  }

  #keep(accessToken: string, expiresAt: number): void {
    this.#access = accessToken;
    this.#expiresAt = expiresAt;
    this.#change("signed_in");
  }

  #forget(): void {
    this.#access = "";
    this.#refresh = "";
    this.#expiresAt = 0;
    this.#user = undefined;
    this.#change("signed_out");
  }

  #change(state: SessionState): void {
    if (this.#state !== state) {
      this.#state = state;
      this.changed.emit(state);
    }
  }
}
