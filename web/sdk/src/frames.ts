/** A frame from the gateway; docs/gateway.md says when each comes. Unknown types may be added later. */
export type ServerFrame =
  | { type: "welcome"; connection_id: string; session_id: string; expires_at: string; heartbeat: number }
  | { type: "event"; id: string; name: string; data?: unknown; topic?: string }
  | { type: "subscribed" | "unsubscribed"; topic: string }
  | { type: "gap"; topic?: string }
  | { type: "pong"; id?: string }
  | { type: "auth_expiring" | "auth_ok"; expires_at: string }
  | { type: "error"; code: string; message: string; topic?: string };

/** A frame to the gateway: every member is a string. */
export type ClientFrame =
  | { type: "ping"; id: string }
  | { type: "auth"; token: string }
  | { type: "subscribe"; topic: string; grant?: string; after?: string }
  | { type: "unsubscribe"; topic: string };

/** Reads a frame; undefined where it is none or of a type this client does not know. */
export function readFrame(data: unknown): ServerFrame | undefined {
  if (typeof data !== "string") {
    return undefined;
  }
  try {
    const frame = JSON.parse(data);
    return known.has(frame?.type) ? frame : undefined;
  } catch {
    return undefined;
  }
}

const known = new Set<unknown>([
  "welcome",
  "event",
  "subscribed",
  "unsubscribed",
  "gap",
  "pong",
  "auth_expiring",
  "auth_ok",
  "error",
]);
