import { closeCodes, type Reconnect } from "./close-codes.ts";

/** What to do after a connection ended, or did not come about. */
export interface Verdict {
  reconnect: Reconnect;
  /** Milliseconds to wait first. */
  waitMs: number;
  /** The name of the close code; "lost" where none came. */
  name: string;
}

const firstWaitMs = 500;
const longestWaitMs = 30_000;

/**
 * The wait after that many failures in a row: it doubles from half a second to
 * half a minute, and a random half of it keeps clients apart. random is in [0, 1).
 */
export function backoffMs(failures: number, random: number): number {
  const full = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (0.5 + random / 2));
}

/** What the server's table says about a close code, after that many failures in a row. */
export function afterClose(code: number, reason: string, failures: number, random: number): Verdict {
  const known = closeCodes.find((c) => c.code === code);
  const asked = /reconnect_ms=(\d{1,7})\b/.exec(reason)?.[1];
  if (asked !== undefined) {
    return { reconnect: "yes", waitMs: Number(asked), name: known?.name ?? "lost" };
  }
  const jittered = backoffMs(failures, random);
  const least = known?.waitMs ?? 0;
  return {
    reconnect: known?.reconnect ?? "yes",
    waitMs: least > 0 ? least + jittered : jittered,
    name: known?.name ?? "lost",
  };
}
