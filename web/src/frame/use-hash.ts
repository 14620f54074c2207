import { useSyncExternalStore } from "react";

const listen = (changed: () => void) => {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
};

/** The two parts of the address behind #: which section, and what in it. */
export function useHash(): [section: string, rest: string] {
  const hash = useSyncExternalStore(listen, () => location.hash);
  return splitHash(hash);
}

/** Splits "#people/42" into "people" and "42". */
export function splitHash(hash: string): [section: string, rest: string] {
  const text = hash.replace(/^#/, "");
  const slash = text.indexOf("/");
  return slash < 0 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)];
}
