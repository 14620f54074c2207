// Written by go run ./internal/app/gen from the server's own table: change
// internal/gateway/closecodes.go, never this file.

/** What to do after a close code: "after auth" wants a fresh token first. */
export type Reconnect = "no" | "yes" | "after auth";

/**
 * Every code that the server closes a socket with. The reason on the wire begins
 * with the name. Wait at least waitMs before the first new attempt, plus jitter;
 * a code that is not listed, or none: reconnect with backoff.
 */
export const closeCodes = [
  {
    code: 1000,
    name: "normal",
    reconnect: "no",
    waitMs: 0,
    meaning: "The client closed; the server answers with the same.",
  },
  {
    code: 1002,
    name: "protocol_error",
    reconnect: "no",
    waitMs: 0,
    meaning: "The client sent bytes that RFC 6455 forbids.",
  },
  {
    code: 1003,
    name: "text_only",
    reconnect: "no",
    waitMs: 0,
    meaning: "The client sent a binary message.",
  },
  {
    code: 1007,
    name: "not_utf8",
    reconnect: "no",
    waitMs: 0,
    meaning: "A text message was not UTF-8.",
  },
  {
    code: 1009,
    name: "too_big",
    reconnect: "no",
    waitMs: 0,
    meaning:
      "A message was longer than allowed, or cut into too many fragments.",
  },
  {
    code: 1011,
    name: "internal_error",
    reconnect: "yes",
    waitMs: 5000,
    meaning: "Something failed on the server's side.",
  },
  {
    code: 1012,
    name: "restart",
    reconnect: "yes",
    waitMs: 0,
    meaning:
      "The node is going down; reconnect_ms in the reason says how long to wait, which spreads the clients.",
  },
  {
    code: 4001,
    name: "revoked",
    reconnect: "after auth",
    waitMs: 0,
    meaning:
      "The session or token was taken back: sign-out, password change, disabled account.",
  },
  {
    code: 4002,
    name: "token_expired",
    reconnect: "after auth",
    waitMs: 0,
    meaning:
      "The access token expired and no fresh one was sent on the open socket.",
  },
  {
    code: 4003,
    name: "not_allowed",
    reconnect: "no",
    waitMs: 0,
    meaning:
      "The renewal on the open socket was refused: a bad token, or one of another user or session.",
  },
  {
    code: 4008,
    name: "heartbeat_lost",
    reconnect: "yes",
    waitMs: 0,
    meaning: "Two pings in a row went unanswered.",
  },
  {
    code: 4009,
    name: "replaced",
    reconnect: "no",
    waitMs: 0,
    meaning: "A newer connection of the same user or session took the place.",
  },
  {
    code: 4010,
    name: "too_slow",
    reconnect: "yes",
    waitMs: 5000,
    meaning: "The client did not read fast enough and its queue was full.",
  },
  {
    code: 4029,
    name: "too_many_messages",
    reconnect: "yes",
    waitMs: 60_000,
    meaning: "The client sent more messages or bytes than allowed.",
  },
  {
    code: 4030,
    name: "too_many_connections",
    reconnect: "yes",
    waitMs: 60_000,
    meaning:
      "The user or session holds as many connections as allowed, or opens them too fast.",
  },
  {
    code: 4401,
    name: "unauthenticated",
    reconnect: "after auth",
    waitMs: 0,
    meaning:
      "The first frame was not a valid auth frame, or none came in time.",
  },
] as const;

/** One row of the table. */
export type CloseCode = (typeof closeCodes)[number];
