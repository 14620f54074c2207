import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Heartbeat } from "../src/heartbeat.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function beating() {
  const pings: string[] = [];
  const lost = vi.fn();
  const heartbeat = new Heartbeat({ ping: (id) => pings.push(id), lost, now: () => Date.now() });
  heartbeat.start(25_000);
  return { heartbeat, pings, lost };
}

test("an answered ping gives the round trip", () => {
  const { heartbeat, pings } = beating();
  vi.advanceTimersByTime(40);
  heartbeat.seen(pings[0]);
  expect(heartbeat.status).toMatchObject({ state: "alive", roundTripMs: 40, missed: 0, lastSeen: Date.now() });
});

test("WS-07 two unanswered pings give the connection up", () => {
  const { heartbeat, pings, lost } = beating();
  vi.advanceTimersByTime(25_000);
  expect(heartbeat.status).toMatchObject({ state: "late", missed: 1 });
  expect(lost).not.toHaveBeenCalled();
  vi.advanceTimersByTime(25_000);
  expect(heartbeat.status).toMatchObject({ state: "lost", missed: 2 });
  expect(lost).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(100_000);
  expect(pings).toHaveLength(2);
});

test("a pong of another ping is a sign of life and no measurement", () => {
  const { heartbeat } = beating();
  vi.advanceTimersByTime(25_000);
  heartbeat.seen("not mine");
  expect(heartbeat.status).toMatchObject({ state: "alive", missed: 0, roundTripMs: undefined });
});

test("a stopped heart does not beat", () => {
  const { heartbeat, pings } = beating();
  heartbeat.stop();
  vi.advanceTimersByTime(100_000);
  expect(pings).toHaveLength(1);
});
