import { Button, Stack, Text } from "@mantine/core";
import type { UseInfiniteQueryResult, UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { words } from "../words/room.ts";
import { Failure } from "./failure.tsx";

/** What a question brought: the answer, that it is under way, or how it failed. */
export function Loaded<T>(props: { query: UseQueryResult<T>; children(data: NonNullable<T>): ReactNode }) {
  const { data, error, isPending } = props.query;
  return (
    <Stack>
      <Failure error={error ?? undefined} />
      {isPending && <Text role="status">{words.loading}</Text>}
      {data !== undefined && data !== null && props.children(data)}
    </Stack>
  );
}

/** A list that is loaded page by page. */
export function Pages<T>(props: {
  query: UseInfiniteQueryResult<{ pages: { rows: readonly T[] }[] }>;
  children(rows: readonly T[]): ReactNode;
}) {
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = props.query;
  const rows = data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <Stack>
      <Failure error={error ?? undefined} />
      {isPending && <Text role="status">{words.loading}</Text>}
      {data !== undefined && rows.length === 0 && <Text>{words.nothing}</Text>}
      {rows.length > 0 && props.children(rows)}
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {words.more}
        </Button>
      )}
    </Stack>
  );
}
