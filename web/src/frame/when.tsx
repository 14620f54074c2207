import { words } from "../words/room.ts";

/** An instant in the words of the person's own place. */
export function When({ at }: { at: string | undefined }) {
  if (at === undefined) {
    return <>{words.never}</>;
  }
  const date = new Date(at);
  return (
    <time dateTime={at} title={date.toISOString()}>
      {date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}
    </time>
  );
}
