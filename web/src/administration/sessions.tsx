import { useQueryClient } from "@tanstack/react-query";
import { client } from "../frame/client.ts";
import { Pages } from "../frame/loaded.tsx";
import { usePages } from "../frame/use-pages.ts";
import { SessionRows } from "./session-rows.tsx";

/** The open sessions of everybody, newest first. */
export function Sessions() {
  const queries = useQueryClient();
  const sessions = usePages(["sessions"], async (after) => {
    const { data } = await client.api.GET("/api/v1/admin/sessions", { params: { query: { after } } });
    return { rows: data?.sessions ?? [], next: data?.next };
  });
  return (
    <Pages query={sessions}>
      {(rows) => (
        <SessionRows sessions={rows} onEnded={() => void queries.invalidateQueries({ queryKey: ["sessions"] })} />
      )}
    </Pages>
  );
}
