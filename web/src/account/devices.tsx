import { Group, Stack, Table, Text, Title } from "@mantine/core";
import type { components } from "@sallyport/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "../frame/client.ts";
import { ConfirmButton } from "../frame/confirm.tsx";
import { deviceName } from "../frame/device-name.ts";
import { Loaded } from "../frame/loaded.tsx";
import { Rows } from "../frame/table.tsx";
import { When } from "../frame/when.tsx";
import { words } from "../words/account.ts";
import { useSessions } from "./questions.ts";

type Session = components["schemas"]["SessionBody"];

/** Where somebody is signed in, with live connections, and which devices are remembered. */
export function Devices() {
  return (
    <Stack gap="xl">
      <Sessions />
      <Remembered />
    </Stack>
  );
}

function Sessions() {
  const queries = useQueryClient();
  const again = () => void queries.invalidateQueries({ queryKey: ["sessions"] });
  return (
    <Loaded query={useSessions()}>
      {({ sessions }) => (
        <Stack>
          <Group justify="space-between">
            <Title order={2} size="h4">
              {words.sessions}
            </Title>
            {(sessions ?? []).length > 1 && (
              <ConfirmButton
                label={words.endOthers}
                question={words.endOthersAsk}
                work={() => client.api.DELETE("/api/v1/me/sessions")}
                onDone={again}
              />
            )}
          </Group>
          <Rows label={words.sessions} head={[words.devices, words.from, words.since, words.lastSeen, words.end]}>
            {(sessions ?? []).map((s) => (
              <SessionRow key={s.id} session={s} onEnded={again} />
            ))}
          </Rows>
        </Stack>
      )}
    </Loaded>
  );
}

function SessionRow({ session, onEnded }: { session: Session; onEnded(): void }) {
  const open = session.sockets?.length ?? 0;
  return (
    <Table.Tr>
      <Table.Td maw="18rem">
        <Text size="sm" truncate title={session.user_agent}>
          {deviceName(session.user_agent)}
        </Text>
        {open > 0 && (
          <Text size="sm" c="dimmed">
            {words.sockets(open)}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{session.ip}</Table.Td>
      <Table.Td>
        <When at={session.created_at} />
      </Table.Td>
      <Table.Td>
        <When at={session.last_seen_at} />
      </Table.Td>
      <Table.Td>
        {session.current ? (
          words.here
        ) : (
          <ConfirmButton
            label={words.end}
            describe={`${session.ip} ${session.created_at}`}
            question={words.endAsk}
            work={() => client.api.DELETE("/api/v1/me/sessions/{id}", { params: { path: { id: session.id } } })}
            onDone={onEnded}
          />
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Remembered() {
  const queries = useQueryClient();
  const devices = useQuery({
    queryKey: ["devices"],
    queryFn: async () => (await client.api.GET("/api/v1/mfa/devices")).data,
  });
  return (
    <Loaded query={devices}>
      {(data) =>
        (data.devices ?? []).length > 0 && (
          <Stack>
            <Title order={2} size="h4">
              {words.remembered}
            </Title>
            <Text>{words.rememberedLead}</Text>
            <Rows label={words.remembered} head={[words.devices, words.from, words.since, words.until, words.forget]}>
              {(data.devices ?? []).map((d) => (
                <Table.Tr key={d.id}>
                  <Table.Td title={d.user_agent}>{deviceName(d.user_agent)}</Table.Td>
                  <Table.Td>{d.ip}</Table.Td>
                  <Table.Td>
                    <When at={d.created_at} />
                  </Table.Td>
                  <Table.Td>
                    <When at={d.expires_at} />
                  </Table.Td>
                  <Table.Td>
                    <ConfirmButton
                      label={words.forget}
                      describe={`${d.ip} ${d.created_at}`}
                      question={words.forgetAsk}
                      work={() => client.api.DELETE("/api/v1/mfa/devices/{id}", { params: { path: { id: d.id } } })}
                      onDone={() => void queries.invalidateQueries({ queryKey: ["devices"] })}
                    />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Rows>
          </Stack>
        )
      }
    </Loaded>
  );
}
