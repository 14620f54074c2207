import { client } from "../frame/client.ts";

/** Where a finished sign-in leads, kept by the tab while it is away at a provider. */
const key = "sallyport.return_to";

/**
 * A path of this site, or undefined for anything else: another host, a scheme,
 * backslashes and control characters, however they are written (OA-11).
 */
export function ownPath(wish: string | null): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (wish === null || !/^\/(?![/\\])[^\\\u0000-\u0020]*$/.test(wish) || /%2f%2f|%5c|%0[ad]|%09/i.test(wish)) {
    return undefined;
  }
  const url = new URL(wish, location.origin);
  return url.origin === location.origin ? url.pathname + url.search + url.hash : undefined;
}

/**
 * Remembers the wish of the address, if it may be granted: a path of this site,
 * or a page of another one that the server allows.
 */
export async function keepWish(): Promise<void> {
  const wish = new URLSearchParams(location.search).get("return_to");
  const granted = ownPath(wish) ?? (await allowed(wish));
  if (granted !== undefined) {
    sessionStorage.setItem(key, granted);
  }
}

/** The page of another site as the server gives it back; undefined where it refuses. */
async function allowed(wish: string | null): Promise<string | undefined> {
  if (wish === null || !/^https?:\/\//.test(wish)) {
    return undefined;
  }
  try {
    return (await client.api.GET("/api/v1/return-to", { params: { query: { to: wish } } })).data?.to;
  } catch {
    return undefined;
  }
}

/** The remembered place, once. What is kept was granted before. */
export function takeWish(): string | undefined {
  const wish = sessionStorage.getItem(key) ?? undefined;
  sessionStorage.removeItem(key);
  return wish;
}
