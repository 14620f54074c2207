import { describe, expect, test } from "vitest";
import { afterClose, backoffMs } from "../src/backoff.ts";
import { closeCodes } from "../src/close-codes.ts";

describe("backoffMs", () => {
  test.each([
    [1, 0, 250],
    [1, 1, 500],
    [2, 1, 1000],
    [3, 1, 2000],
    [7, 1, 30_000],
    [500, 1, 30_000],
    [500, 0, 15_000],
  ])("after %i failures with random %d it is %i ms", (failures, random, want) => {
    expect(backoffMs(failures, random)).toBe(want);
  });
});

describe("afterClose", () => {
  test.each([
    ["WS-10 a restart waits as long as the reason says", 1012, "restart; reconnect_ms=4321", "yes", 4321],
    ["a restart without a figure waits like a loss", 1012, "restart", "yes", 500],
    ["a revoked session asks for a fresh token", 4001, "revoked", "after auth", 500],
    ["a flood waits a minute and more", 4029, "too_many_messages", "yes", 60_500],
    ["a replaced one stays away", 4009, "replaced", "no", 500],
    ["a broken connection comes back", 1006, "", "yes", 500],
    ["an unknown code comes back", 4999, "later", "yes", 500],
  ] as const)("%s", (_, code, reason, reconnect, waitMs) => {
    expect(afterClose(code, reason, 1, 1)).toMatchObject({ reconnect, waitMs });
  });

  test("every code of the table has its own answer", () => {
    for (const c of closeCodes) {
      expect(afterClose(c.code, c.name, 1, 0)).toMatchObject({ reconnect: c.reconnect, name: c.name });
    }
  });
});
