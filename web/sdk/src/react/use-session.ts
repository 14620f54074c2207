import type { Client } from "../client.ts";
import type { SessionState } from "../session.ts";
import { useSignal } from "./use-signal.ts";

/** Whether somebody is signed in; unknown until the first request has told. */
export function useSession(client: Client): SessionState {
  return useSignal(client.session.changed, () => client.session.state);
}
