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

/** Remembers the wish of the address, if it is a path of this site. */
export function keepWish(): void {
  const wish = ownPath(new URLSearchParams(location.search).get("return_to"));
  if (wish !== undefined) {
    sessionStorage.setItem(key, wish);
  }
}

/** The remembered path, once. */
export function takeWish(): string | undefined {
  const wish = ownPath(sessionStorage.getItem(key));
  sessionStorage.removeItem(key);
  return wish;
}
