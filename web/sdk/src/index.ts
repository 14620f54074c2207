/**
 * The client of a Sallyport server: typed routes, a session that renews itself,
 * and a WebSocket that lives as long as the session. Start at createClient.
 */
export type { components, paths } from "./api.ts";
export { type Client, type ClientOptions, createClient } from "./client.ts";
export { closeCodes, type Reconnect } from "./close-codes.ts";
export {
  Connection,
  type ConnectionOptions,
  type ConnectionState,
  type ConnectionStatus,
  type ServerEvent,
} from "./connection.ts";
export type { HeartbeatStatus } from "./heartbeat.ts";
export { Problem, type ProblemDocument } from "./problem.ts";
export { Session, type SessionState, type SignIn, type User } from "./session.ts";
export type { Signal } from "./signal.ts";
