import { Stack, Table, Text } from "@mantine/core";
import { client } from "../frame/client.ts";
import { deviceName } from "../frame/device-name.ts";
import { Pages } from "../frame/loaded.tsx";
import { Rows } from "../frame/table.tsx";
import { usePages } from "../frame/use-pages.ts";
import { When } from "../frame/when.tsx";
import { words } from "../words/account.ts";

/** What happened to the account, newest first. */
export function Events() {
  const events = usePages(["events"], async (after) => {
    const { data } = await client.api.GET("/api/v1/me/events", { params: { query: { after } } });
    return { rows: data?.events ?? [], next: data?.next };
  });
  return (
    <Stack>
      <Text>{words.eventsLead}</Text>
      <Pages query={events}>
        {(rows) => (
          <Rows label={words.events} head={[words.when, words.what, words.byWhom, words.where]}>
            {rows.map((e) => (
              <Table.Tr key={e.id}>
                <Table.Td>
                  <When at={e.at} />
                </Table.Td>
                <Table.Td>{words.names[e.name] ?? e.name}</Table.Td>
                <Table.Td>{words.by[e.by]}</Table.Td>
                <Table.Td maw="20rem">
                  {e.ip}
                  <Text size="sm" c="dimmed" truncate title={e.user_agent}>
                    {deviceName(e.user_agent ?? "")}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Rows>
        )}
      </Pages>
    </Stack>
  );
}
