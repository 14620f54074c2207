import { useCallback, useRef, useState } from "react";

/** Something a form does once at a time: whether it is under way, and how it failed. */
export interface Action {
  busy: boolean;
  error: unknown;
  run(work: () => Promise<void>): void;
  /** Shows another failure, or undefined for none. */
  fail(error: unknown): void;
}

/** One action of a form. A second run while the first is under way does nothing. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const running = useRef(false);
  const run = useCallback((work: () => Promise<void>) => {
    if (running.current) {
      return;
    }
    running.current = true;
    setBusy(true);
    setError(undefined);
    work()
      .catch(setError)
      .finally(() => {
        running.current = false;
        setBusy(false);
      });
  }, []);
  return { busy, error, run, fail: setError };
}
