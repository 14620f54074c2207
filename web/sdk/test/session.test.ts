import { describe, expect, test, vi } from "vitest";
import { createClient } from "../src/client.ts";
import { Problem } from "../src/problem.ts";
import { answer, problem, tabsOfOneBrowser, tokens } from "./rig.ts";

type Reply = (request: Request) => Response | Promise<Response>;

/** A client whose server is the function; requests are recorded as METHOD path token. */
function clientOf(reply: Reply, options: Parameters<typeof createClient>[0] = {}) {
  const seen: string[] = [];
  const send = vi.fn(async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const token = request.headers.get("Authorization")?.replace("Bearer ", "") ?? "-";
    seen.push(`${request.method} ${new URL(request.url).pathname} ${token}`);
    return reply(request);
  });
  return { client: createClient({ baseUrl: "https://auth.example.org", fetch: send, ...options }), seen };
}

const path = (request: Request) => new URL(request.url).pathname;

describe("session", () => {
  test("TK-13 a browser's refresh token is asked for as a cookie and never held", async () => {
    const { client } = clientOf(
      (request) => {
        expect(request.headers.get("X-Token-Delivery")).toBe("cookie");
        return answer(tokens("a1"));
      },
      { delivery: "cookie" },
    );
    await client.api.POST("/api/v1/auth/login", { body: { email: "ada@example.org", password: "p" } });
    expect(client.session.state).toBe("signed_in");
    expect(client.session.user?.name).toBe("Ada");
  });

  test("TK-08 however many ask at once, one refresh is sent", async () => {
    let now = 0;
    const { client, seen } = clientOf(
      (request) => (path(request).endsWith("refresh") ? answer(tokens("a2", { refresh_token: "r2" })) : answer({})),
      { now: () => now },
    );
    client.session.accept(tokens("a1", { refresh_token: "r1" }));
    now = 580_000;
    const got = await Promise.all([1, 2, 3, 4].map(() => client.session.accessToken()));
    expect(got).toEqual(["a2", "a2", "a2", "a2"]);
    expect(seen).toEqual(["POST /api/v1/auth/refresh -"]);
  });

  test("TK-08 two tabs send one refresh between them", async () => {
    const tab = tabsOfOneBrowser();
    let refreshes = 0;
    const reply: Reply = () => answer(tokens(`a${++refreshes}`));
    const one = clientOf(reply, { delivery: "cookie", tabs: tab() }).client;
    const two = clientOf(reply, { delivery: "cookie", tabs: tab() }).client;
    expect(await Promise.all([one.session.accessToken(), two.session.accessToken()])).toEqual(["a1", "a1"]);
    expect(refreshes).toBe(1);
    expect(two.session.user?.email).toBe("ada@example.org");
  });

  test("a refresh that crossed another is asked once more", async () => {
    let asked = 0;
    const { client } = clientOf(() => (++asked === 1 ? problem(409, "conflict") : answer(tokens("a2"))), {
      delivery: "cookie",
    });
    expect(await client.session.accessToken()).toBe("a2");
  });

  test("TK-12 a session that ended is told, here and in the other tab", async () => {
    const tab = tabsOfOneBrowser();
    const { client } = clientOf(() => problem(401, "invalid_token"), { delivery: "cookie", tabs: tab() });
    const other = clientOf(() => answer({}), { delivery: "cookie", tabs: tab() }).client;
    other.session.accept(tokens("a1"));
    expect(await client.session.renew("a1")).toBe("");
    expect([client.session.state, other.session.state]).toEqual(["signed_out", "signed_out"]);
    expect(await client.session.accessToken()).toBeUndefined();
  });

  test("a server that does not answer ends no session", async () => {
    const { client } = clientOf(() => problem(503, "server_busy", { retry_after: 2 }));
    client.session.accept(tokens("a1", { refresh_token: "r1" }));
    await expect(client.session.renew("a1")).rejects.toMatchObject({ code: "server_busy", retryAfterMs: 2000 });
    expect(client.session.state).toBe("signed_in");
  });

  test("a step-up's answer without a refresh token keeps the old one", async () => {
    const bodies: unknown[] = [];
    const { client } = clientOf(async (request) => {
      bodies.push(await request.json());
      return answer(tokens("a3", { refresh_token: "r2" }));
    });
    client.session.accept(tokens("a1", { refresh_token: "r1" }));
    client.session.accept(tokens("a2"));
    await client.session.renew("a2");
    expect(bodies).toEqual([{ refresh_token: "r1" }]);
  });
});

describe("api", () => {
  test("a refused access token is renewed and the request sent once more, with its body", async () => {
    const bodies: string[] = [];
    const { client, seen } = clientOf(async (request) => {
      if (path(request).endsWith("refresh")) {
        return answer(tokens("a2", { refresh_token: "r2" }));
      }
      bodies.push(await request.text());
      return request.headers.get("Authorization") === "Bearer a2"
        ? answer({ name: "Ada L." })
        : problem(401, "invalid_token");
    });
    client.session.accept(tokens("a1", { refresh_token: "r1" }));
    await client.api.PATCH("/api/v1/me", { body: { name: "Ada L." } });
    expect(seen).toEqual(["PATCH /api/v1/me a1", "POST /api/v1/auth/refresh -", "PATCH /api/v1/me a2"]);
    expect(bodies).toEqual(['{"name":"Ada L."}', '{"name":"Ada L."}']);
  });

  test("a wrong code is a refusal, not a reason to renew", async () => {
    const { client, seen } = clientOf(() => problem(401, "invalid_code"));
    client.session.accept(tokens("a1", { refresh_token: "r1" }));
    const refused = client.api.POST("/api/v1/mfa/totp/verify", { body: { code: "000000" } });
    await expect(refused).rejects.toBeInstanceOf(Problem);
    expect(seen).toEqual(["POST /api/v1/mfa/totp/verify a1"]);
  });

  test("an attempt token is sent as it is given", async () => {
    const { client, seen } = clientOf(() => answer(tokens("a1")));
    await client.api.POST("/api/v1/mfa/totp/verify", {
      body: { code: "000000" },
      headers: { Authorization: "Bearer spa_x" },
    });
    expect(seen).toEqual(["POST /api/v1/mfa/totp/verify spa_x"]);
    expect(client.session.state).toBe("signed_in");
  });

  test("a proxy's page becomes a problem too", async () => {
    const { client } = clientOf(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
    const refused = client.api.GET("/api/v1/oauth/providers");
    await expect(refused).rejects.toMatchObject({ code: "unexpected_answer", status: 502, final: false });
  });

  test("TK-12 signing out forgets the tokens whatever the server says", async () => {
    const { client } = clientOf(() => problem(503, "server_busy"));
    client.session.accept(tokens("a1", { refresh_token: "r1" }));
    await expect(client.signOut()).rejects.toBeInstanceOf(Problem);
    expect(client.session.state).toBe("signed_out");
  });
});
