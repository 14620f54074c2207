import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../src/client.ts";
import { answer, FakeSocket, problem, tokens } from "./rig.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  FakeSocket.all = [];
});

/** A connection whose server gives tickets and tokens, counted; replies can be replaced by path ending. */
function rig(replies: Record<string, () => Response> = {}) {
  let tickets = 0;
  let renewals = 0;
  const client = createClient({
    baseUrl: "https://auth.example.org",
    fetch: async (input, init) => {
      const { pathname } = new URL(new Request(input, init).url);
      const own = Object.entries(replies).find(([ending]) => pathname.endsWith(ending));
      if (own !== undefined) {
        return own[1]();
      }
      return pathname.endsWith("ticket")
        ? answer({ ticket: `t${++tickets}`, expires_in: 30 })
        : answer(tokens(`renewed${++renewals}`, { refresh_token: "r" }));
    },
  });
  client.session.accept(tokens("a1", { refresh_token: "r1" }));
  const connection = client.connection({ webSocket: FakeSocket as unknown as typeof WebSocket, random: () => 1 });
  const states: string[] = [];
  connection.changed.on((s) => states.push(s.state));
  return { client, connection, states };
}

/** Lets everything that is due now happen. */
const settle = () => vi.advanceTimersByTimeAsync(0);

async function opened(replies: Record<string, () => Response> = {}) {
  const r = rig(replies);
  r.connection.connect();
  await settle();
  FakeSocket.last.welcome();
  return r;
}

describe("opening", () => {
  test("WS-02 a ticket goes into the subprotocol, nothing into the address", async () => {
    const { connection, states } = await opened();
    expect(FakeSocket.last.url).toBe("wss://auth.example.org/api/v1/ws");
    expect(FakeSocket.last.protocols).toEqual(["sallyport.v1", "sallyport.ticket.t1"]);
    expect(states).toEqual(["connecting", "open"]);
    expect(connection.status.connectionId).toBe("c");
  });

  test("a server that refuses for good is not asked again", async () => {
    const { connection } = rig({ ticket: () => problem(403, "forbidden") });
    connection.connect();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(connection.status).toMatchObject({ state: "closed", reason: "forbidden" });
  });

  test("RL-10 a server that asks to wait is given that long", async () => {
    const { connection } = rig({ ticket: () => problem(429, "rate_limited", { retry_after: 20 }) });
    connection.connect();
    await settle();
    expect(connection.status).toMatchObject({ state: "waiting", reason: "rate_limited", retryAt: Date.now() + 20_500 });
  });

  test("a close while the ticket is fetched opens no socket", async () => {
    const { connection } = rig();
    connection.connect();
    connection.close();
    await settle();
    expect(FakeSocket.all).toHaveLength(0);
    expect(connection.status.state).toBe("closed");
  });
});

describe("coming back", () => {
  test("WS-10 after a restart it waits as long as it is told, and takes a new ticket", async () => {
    const { connection } = await opened();
    FakeSocket.last.end(1012, "restart; reconnect_ms=3000");
    expect(connection.status).toMatchObject({ state: "waiting", reason: "restart", closeCode: 1012 });
    await vi.advanceTimersByTimeAsync(2_999);
    expect(FakeSocket.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeSocket.last.protocols[1]).toBe("sallyport.ticket.t2");
  });

  test("losses in a row wait ever longer, and a welcome forgets them", async () => {
    const { connection } = await opened();
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      FakeSocket.last.end(1006);
      waits.push((connection.status.retryAt ?? 0) - Date.now());
      await vi.advanceTimersByTimeAsync(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000]);
    FakeSocket.last.welcome();
    FakeSocket.last.end(1006);
    expect((connection.status.retryAt ?? 0) - Date.now()).toBe(500);
  });

  test("it asks for what it missed, of the user and of each topic", async () => {
    const { connection } = await opened();
    connection.subscribe("orders/42", "spg_x");
    FakeSocket.last.frame({ type: "event", id: "e1", name: "a", data: 1 });
    FakeSocket.last.frame({ type: "event", id: "e2", name: "b", data: 2, topic: "orders/42" });
    FakeSocket.last.end(1006);
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeSocket.last.url).toBe("wss://auth.example.org/api/v1/ws?after=e1");
    FakeSocket.last.welcome();
    expect(FakeSocket.last.sent).toContainEqual({ type: "subscribe", topic: "orders/42", grant: "spg_x", after: "e2" });
  });

  test("the network's return ends the wait", async () => {
    const { connection } = await opened();
    const target = new EventTarget();
    vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
    vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
    connection.close();
    connection.connect();
    await settle();
    FakeSocket.last.end(4029);
    target.dispatchEvent(new Event("online"));
    await settle();
    expect(connection.status.state).toBe("connecting");
    vi.unstubAllGlobals();
  });

  test("WS-07 a half-open network is noticed by two missed beats, without the socket's help", async () => {
    const { connection } = await opened();
    const dead = FakeSocket.last;
    await vi.advanceTimersByTimeAsync(50_000);
    expect(connection.heartbeat.status.state).toBe("lost");
    expect(dead.closedWith).toBe(4008);
    expect(connection.status).toMatchObject({ state: "waiting", reason: "heartbeat_lost" });
    await vi.advanceTimersByTimeAsync(500);
    dead.end(1006); // the browser noticed at last: nobody listens
    expect(FakeSocket.last).not.toBe(dead);
    expect(connection.status.state).toBe("connecting");
  });
});

describe("authentication", () => {
  test("WS-04 an expiring token is renewed on the open socket", async () => {
    await opened();
    FakeSocket.last.frame({ type: "auth_expiring", expires_at: "2026-01-01T00:10:00Z" });
    await settle();
    expect(FakeSocket.last.sent).toContainEqual({ type: "auth", token: "renewed1" });
  });

  test("TK-11 a revoked session that cannot be renewed ends for good", async () => {
    const { client, connection } = await opened({ refresh: () => problem(401, "invalid_token") });
    FakeSocket.last.end(4001, "revoked");
    await vi.advanceTimersByTimeAsync(600_000);
    expect(connection.status.state).toBe("closed");
    expect(client.session.state).toBe("signed_out");
    expect(FakeSocket.all).toHaveLength(1);
  });

  test("a revoked token whose session lives comes back with a fresh one", async () => {
    const { connection } = await opened();
    FakeSocket.last.end(4001, "revoked");
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeSocket.all).toHaveLength(2);
    expect(connection.status.state).toBe("connecting");
  });

  test.each([
    ["replaced by a newer one", 4009],
    ["refused on the open socket", 4003],
    ["told that it broke the protocol", 1002],
  ])("a connection %s stays away until somebody connects", async (_, code) => {
    const { connection } = await opened();
    FakeSocket.last.end(code);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(connection.status).toMatchObject({ state: "closed", closeCode: code });
    expect(FakeSocket.all).toHaveLength(1);
    connection.connect();
    await settle();
    expect(FakeSocket.all).toHaveLength(2);
  });

  test("TK-12 signing out closes the socket and keeps it closed", async () => {
    const { client, connection } = await opened({ logout: () => new Response(null, { status: 204 }) });
    await client.signOut();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(FakeSocket.last.closedWith).toBe(1000);
    expect(connection.status).toMatchObject({ state: "closed", reason: "signed_out" });
  });
});

describe("frames", () => {
  test("events, gaps and refusals are told", async () => {
    const { connection } = await opened();
    const heard: unknown[] = [];
    connection.event.on((e) => heard.push(e));
    connection.gap.on((g) => heard.push(g));
    connection.refused.on((r) => heard.push(r));
    FakeSocket.last.frame({ type: "event", id: "e1", name: "paid", data: { order: 42 } });
    FakeSocket.last.frame({ type: "gap" });
    FakeSocket.last.frame({ type: "error", code: "forbidden", message: "no", topic: "x" });
    FakeSocket.last.frame({ type: "from the future" });
    expect(heard).toEqual([
      { id: "e1", name: "paid", data: { order: 42 }, topic: undefined },
      { topic: undefined },
      { code: "forbidden", message: "no", topic: "x" },
    ]);
  });

  test("a topic given up is not asked for again", async () => {
    const { connection } = await opened();
    connection.subscribe("news/all");
    connection.unsubscribe("news/all");
    expect(FakeSocket.last.sent.slice(-2)).toEqual([
      { type: "subscribe", topic: "news/all" },
      { type: "unsubscribe", topic: "news/all" },
    ]);
    FakeSocket.last.end(1006);
    await vi.advanceTimersByTimeAsync(500);
    FakeSocket.last.welcome();
    expect(FakeSocket.last.sent.some((f) => f.type === "subscribe")).toBe(false);
  });
});
