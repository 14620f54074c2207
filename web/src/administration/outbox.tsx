import { Group, NativeSelect, Stack, Table } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../frame/client.ts";
import { ConfirmButton } from "../frame/confirm.tsx";
import { Pages } from "../frame/loaded.tsx";
import { Rows } from "../frame/table.tsx";
import { usePages } from "../frame/use-pages.ts";
import { When } from "../frame/when.tsx";
import { words } from "../words/administration.ts";

const states = ["dead", "queued", "sent", "expired"] as const;

/** The messages on their way, newest first, without recipients and words. */
export function Outbox() {
  const [state, setState] = useState<(typeof states)[number]>("dead");
  const queries = useQueryClient();
  const outbox = usePages(["outbox", "messages", state], async (after) => {
    const { data } = await client.api.GET("/api/v1/admin/outbox", { params: { query: { state, after } } });
    return { rows: data?.messages ?? [], next: data?.next, counts: data?.counts };
  });
  const counts = outbox.data?.pages[0]?.counts;
  const again = () => void queries.invalidateQueries({ queryKey: ["outbox"] });

  return (
    <Stack>
      <NativeSelect
        label={words.state}
        value={state}
        data={states.map((s) => ({ value: s, label: `${words.messageStates[s]} (${counts?.[s] ?? "…"})` }))}
        onChange={(e) => setState(states.find((s) => s === e.currentTarget.value) ?? "dead")}
      />
      <Pages query={outbox}>
        {(rows) => (
          <Rows
            label={words.outbox}
            head={[words.queuedAt, words.channel, words.kind, words.tries, words.reason, words.retry]}
          >
            {rows.map((m) => {
              const params = { params: { path: { id: m.id } } };
              return (
                <Table.Tr key={m.id}>
                  <Table.Td>
                    <When at={m.queued_at} />
                  </Table.Td>
                  <Table.Td>{m.channel}</Table.Td>
                  <Table.Td>{m.kind}</Table.Td>
                  <Table.Td>{m.attempts}</Table.Td>
                  <Table.Td>{[m.reason, m.delivery, m.delivery_code].filter(Boolean).join(" ")}</Table.Td>
                  <Table.Td>
                    <Group>
                      {m.state === "dead" && (
                        <ConfirmButton
                          label={words.retry}
                          describe={m.id}
                          question={words.retryAsk}
                          work={() => client.api.POST("/api/v1/admin/outbox/{id}/retry", params)}
                          onDone={again}
                        />
                      )}
                      {(m.state === "dead" || m.state === "queued") && (
                        <ConfirmButton
                          danger
                          label={words.drop}
                          describe={m.id}
                          question={words.dropAsk}
                          work={() => client.api.DELETE("/api/v1/admin/outbox/{id}", params)}
                          onDone={again}
                        />
                      )}
                    </Group>
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Rows>
        )}
      </Pages>
    </Stack>
  );
}
