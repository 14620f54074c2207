import type { Connection } from "../connection.ts";
import type { HeartbeatStatus } from "../heartbeat.ts";
import { useSignal } from "./use-signal.ts";

/** How the server answers on that connection: state, round trip, missed beats, last seen. */
export function useWebSocketHeartbeat(connection: Connection): HeartbeatStatus {
  return useSignal(connection.heartbeat.changed, () => connection.heartbeat.status);
}
