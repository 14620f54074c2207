import { Anchor, Table, Text } from "@mantine/core";
import type { components } from "@sallyport/client";
import { client } from "../frame/client.ts";
import { ConfirmButton } from "../frame/confirm.tsx";
import { deviceName } from "../frame/device-name.ts";
import { Rows } from "../frame/table.tsx";
import { When } from "../frame/when.tsx";
import { words } from "../words/administration.ts";
import { words as common } from "../words/room.ts";

type Shown = components["schemas"]["SessionBody"] & { email?: string; user_id?: string };

/** Open sessions, each with a button that ends it. */
export function SessionRows(props: { sessions: readonly Shown[]; onEnded(): void }) {
  if (props.sessions.length === 0) {
    return <Text>{common.nothing}</Text>;
  }
  const whose = props.sessions.some((s) => s.email !== undefined);
  const head = [words.device, words.address, words.level, words.since, words.lastSeen, words.end];
  return (
    <Rows label={words.sessions} head={whose ? [words.email, ...head] : head}>
      {props.sessions.map((s) => (
        <Table.Tr key={s.id}>
          {whose && (
            <Table.Td>
              <Anchor href={`#people/${s.user_id}`}>{s.email}</Anchor>
            </Table.Td>
          )}
          <Table.Td maw="18rem">
            <Text size="sm" truncate title={s.user_agent}>
              {deviceName(s.user_agent)}
            </Text>
            {(s.sockets?.length ?? 0) > 0 && (
              <Text size="sm" c="dimmed">
                {words.sockets}: {s.sockets?.length}
              </Text>
            )}
          </Table.Td>
          <Table.Td>{s.ip}</Table.Td>
          <Table.Td>{s.aal}</Table.Td>
          <Table.Td>
            <When at={s.created_at} />
          </Table.Td>
          <Table.Td>
            <When at={s.last_seen_at} />
          </Table.Td>
          <Table.Td>
            {s.current ? (
              words.own
            ) : (
              <ConfirmButton
                label={words.end}
                describe={`${s.email ?? ""} ${s.ip} ${s.created_at}`.trim()}
                question={words.endAsk}
                work={() => client.api.DELETE("/api/v1/admin/sessions/{id}", { params: { path: { id: s.id } } })}
                onDone={props.onEnded}
              />
            )}
          </Table.Td>
        </Table.Tr>
      ))}
    </Rows>
  );
}
