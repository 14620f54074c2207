import { useInfiniteQuery } from "@tanstack/react-query";
import { useGuarded } from "./step-up.tsx";

/** One page of a list and where the next begins; no next on the last. */
export interface PageOf<T> {
  rows: readonly T[];
  next: string | undefined;
}

/** A list that the server gives page by page; load is given where a page begins. */
export function usePages<P extends PageOf<unknown>>(key: readonly unknown[], load: (after: string) => Promise<P>) {
  const guarded = useGuarded();
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => guarded(() => load(pageParam)),
    initialPageParam: "",
    getNextPageParam: (last: P) => last.next,
  });
}
