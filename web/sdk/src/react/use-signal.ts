import { useCallback, useSyncExternalStore } from "react";
import type { Signal } from "../signal.ts";

/** The present value of something that tells its changes. read must return the same object until the next change. */
export function useSignal<T>(changed: Signal<T>, read: () => T): T {
  const subscribe = useCallback((notify: () => void) => changed.on(notify), [changed]);
  return useSyncExternalStore(subscribe, read, read);
}
