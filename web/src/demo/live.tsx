import type { Client, ServerEvent } from "@sallyport/client";
import { useWebSocket, useWebSocketHeartbeat } from "@sallyport/client/react";
import { useState } from "react";
import { words } from "./words.ts";

/** How many events stay on the page. */
const kept = 20;

/** The open connection: its state, its heartbeat, and what comes in. */
export function Live({ client }: { client: Client }) {
  const [events, setEvents] = useState<ServerEvent[]>([]);
  const [gap, setGap] = useState(false);
  const socket = useWebSocket(client, {
    onEvent: (event) => setEvents((all) => [event, ...all].slice(0, kept)),
    onGap: () => setGap(true),
  });
  const beat = useWebSocketHeartbeat(socket.connection);

  return (
    <>
      <p>
        {words.signedInAs} <strong>{client.session.user?.email}</strong>{" "}
        <button type="button" onClick={() => void client.signOut()}>
          {words.signOut}
        </button>
      </p>
      <dl className="live">
        <dt>{words.connection}</dt>
        <dd data-testid="connection" data-state={socket.state}>
          {words.states[socket.state]}
        </dd>
        {socket.reason !== undefined && (
          <>
            <dt>{words.reason}</dt>
            <dd data-testid="reason">{`${socket.reason} ${socket.closeCode ?? ""}`}</dd>
          </>
        )}
        {socket.retryAt !== undefined && (
          <>
            <dt>{words.nextTry}</dt>
            <dd>
              {new Date(socket.retryAt).toLocaleTimeString()}{" "}
              <button type="button" onClick={socket.reconnect}>
                {words.reconnect}
              </button>
            </dd>
          </>
        )}
        <dt>{words.heartbeat}</dt>
        <dd data-testid="heartbeat">{words.beats[beat.state]}</dd>
        <dt>{words.roundTrip}</dt>
        <dd data-testid="round-trip">{beat.roundTripMs === undefined ? "–" : `${Math.round(beat.roundTripMs)} ms`}</dd>
        <dt>{words.missed}</dt>
        <dd>{beat.missed}</dd>
        <dt>{words.lastSeen}</dt>
        <dd>{beat.lastSeen === undefined ? "–" : new Date(beat.lastSeen).toLocaleTimeString()}</dd>
      </dl>
      <section aria-labelledby="events">
        <h2 id="events">{words.events}</h2>
        {gap && <p role="status">{words.gap}</p>}
        {events.length === 0 && <p>{words.noEvents}</p>}
        <ul aria-live="polite">
          {events.map((event) => (
            <li key={event.id}>
              <strong>{event.name}</strong> <code>{JSON.stringify(event.data)}</code>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
