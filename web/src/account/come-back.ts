import { client } from "../frame/client.ts";

/** What became of a link that a provider's way back finished; undefined where there was none. */
let finished: Promise<unknown> | undefined;

/** Takes the one-time code that a provider's way back left in the fragment, and shows the linked accounts instead. */
export function takeCode(): void {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code !== null) {
    history.replaceState(null, "", `${location.pathname}#linked`);
    finished = exchange(code);
    finished.catch(() => undefined); // told by whoever asks comeBack
  }
}

/** The session that asked for the link finishes it, so its token goes along. */
async function exchange(code: string): Promise<unknown> {
  const headers = { Authorization: `Bearer ${await client.session.accessToken()}` };
  return client.api.POST("/api/v1/oauth/exchange", { body: { code }, headers });
}

/** How the way back ended: it resolves once the account is linked. */
export const comeBack = (): Promise<unknown> | undefined => finished;
