import createFetchClient, { type Client as FetchClient } from "openapi-fetch";
import type { paths } from "./api.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { problemOf } from "./problem.ts";
import { Session, type SessionOptions, type SignIn } from "./session.ts";
import { browserTabs } from "./tabs.ts";

export interface ClientOptions extends Omit<SessionOptions, "baseUrl"> {
  /** The server's address, without a path; the page's own by default. */
  baseUrl?: string;
}

/** One server and the session that this program has there. */
export interface Client {
  readonly baseUrl: string;
  /** Every route, typed from the server's OpenAPI document. A refusal is thrown as a Problem. */
  readonly api: FetchClient<paths>;
  readonly session: Session;
  /** A WebSocket that stays open for as long as the session lives; call connect on it. */
  connection(options?: ConnectionOptions): Connection;
  /** Ends the session, on the server and in every tab. */
  signOut(): Promise<void>;
}

/** Routes that take no access token of ours: they begin or renew a session. */
const withoutToken = /\/api\/v1\/(auth\/(?!logout|step-up)|webauthn\/login\/|oauth\/(providers|exchange))/;

/** A client of the server at baseUrl. */
export function createClient(options: ClientOptions = {}): Client {
  const baseUrl = (options.baseUrl ?? globalThis.location?.origin ?? "").replace(/\/$/, "");
  const tabs = options.tabs ?? browserTabs(`sallyport:${baseUrl}`);
  const send = options.fetch ?? ((input: RequestInfo | URL, init?: RequestInit) => fetch(input, init));
  const session = new Session({ ...options, baseUrl, tabs, fetch: send });

  /** Sends with the session's token, and once more with a fresh one where it was refused. */
  async function authorised(request: Request): Promise<Response> {
    request.headers.set("X-Token-Delivery", session.delivery);
    const own = request.headers.has("Authorization") || withoutToken.test(request.url);
    const token = own ? undefined : await session.accessToken();
    if (token === undefined) {
      return send(request);
    }
    const again = request.clone();
    request.headers.set("Authorization", `Bearer ${token}`);
    const response = await send(request);
    if (response.status !== 401 || !(await refusedToken(response))) {
      return response;
    }
    const fresh = await session.renew(token);
    if (!fresh) {
      return response;
    }
    again.headers.set("Authorization", `Bearer ${fresh}`);
    return send(again);
  }

  const api = createFetchClient<paths>({ baseUrl, credentials: "include", fetch: authorised });
  api.use({
    async onResponse({ response }) {
      if (!response.ok) {
        throw await problemOf(response);
      }
      if ((response.headers.get("content-type") ?? "").startsWith("application/json")) {
        const body: unknown = await response.clone().json();
        if (isSignIn(body)) {
          session.accept(body);
        }
      }
    },
  });

  return {
    baseUrl,
    api,
    session,
    connection: (wishes = {}) => new Connection({ baseUrl, session, ticket }, wishes),
    async signOut() {
      try {
        await api.POST("/api/v1/auth/logout", { body: {} });
      } finally {
        session.clear();
      }
    },
  };

  async function ticket(): Promise<string> {
    const { data } = await api.POST("/api/v1/ws/ticket");
    if (!data) {
      throw new Error("the server answered a ticket without a body");
    }
    return data.ticket;
  }
}

/** Whether the access token itself was refused, not what was asked with it. */
async function refusedToken(response: Response): Promise<boolean> {
  const { code } = (await problemOf(response.clone())).document;
  return code === "invalid_token" || code === "unauthenticated";
}

/** Whether an answer brings an access token of ours. */
function isSignIn(body: unknown): body is SignIn {
  return typeof body === "object" && body !== null && "access_token" in body && "token_type" in body && "user" in body;
}
