import { useEffect, useMemo, useRef } from "react";
import type { Client } from "../client.ts";
import type { Connection, ConnectionStatus, ServerEvent } from "../connection.ts";
import { useSignal } from "./use-signal.ts";

export interface UseWebSocketOptions {
  /** Topics to listen to, each with the grant that your backend got, or undefined where a rule allows it. */
  topics?: Readonly<Record<string, string | undefined>>;
  onEvent?: (event: ServerEvent) => void;
  /** Events may have been missed, of that topic or of everything: read the state anew. */
  onGap?: (gap: { topic: string | undefined }) => void;
  /** The server refused something, such as a topic. */
  onRefused?: (refusal: { code: string; message: string; topic: string | undefined }) => void;
  /** false keeps the socket closed; while nobody is signed in, for example. */
  enabled?: boolean;
}

export interface WebSocketHandle extends ConnectionStatus {
  /** For useWebSocketHeartbeat, and for what the hook does not show. */
  connection: Connection;
  /** Connects at once, also after a close that is final: after a new sign-in, say. */
  reconnect(): void;
}

/** The page's WebSocket: open while the component is mounted and enabled. */
export function useWebSocket(client: Client, options: UseWebSocketOptions = {}): WebSocketHandle {
  const connection = useMemo(() => client.connection(), [client]);
  const status = useSignal(connection.changed, () => connection.status);
  const latest = useRef(options);
  latest.current = options;

  useEffect(() => {
    const off = [
      connection.event.on((event) => latest.current.onEvent?.(event)),
      connection.gap.on((gap) => latest.current.onGap?.(gap)),
      connection.refused.on((refusal) => latest.current.onRefused?.(refusal)),
    ];
    return () => {
      for (const stop of off) {
        stop();
      }
    };
  }, [connection]);

  const enabled = options.enabled ?? true;
  useEffect(() => {
    if (!enabled) {
      return undefined;
    }
    connection.connect();
    return () => connection.close();
  }, [connection, enabled]);

  // By their text, so that an object made anew on every render changes nothing.
  const wanted = JSON.stringify(Object.entries(options.topics ?? {}));
  useEffect(() => {
    const topics: [string, string | undefined][] = JSON.parse(wanted);
    for (const [topic, grant] of topics) {
      connection.subscribe(topic, grant ?? undefined);
    }
    return () => {
      for (const [topic] of topics) {
        connection.unsubscribe(topic);
      }
    };
  }, [connection, wanted]);

  return { ...status, connection, reconnect: () => connection.connect() };
}
