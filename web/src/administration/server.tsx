import { Group, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "../frame/client.ts";
import { ConfirmButton } from "../frame/confirm.tsx";
import { Loaded } from "../frame/loaded.tsx";
import { useGuarded } from "../frame/step-up.tsx";
import { Rows } from "../frame/table.tsx";
import { When } from "../frame/when.tsx";
import { words } from "../words/administration.ts";

/** What the server is made of: keys, providers, settings. */
export function Server() {
  return (
    <Stack gap="xl">
      <Keys />
      <Providers />
      <Settings />
    </Stack>
  );
}

function Keys() {
  const guarded = useGuarded();
  const queries = useQueryClient();
  const keys = useQuery({
    queryKey: ["keys"],
    queryFn: () => guarded(async () => (await client.api.GET("/api/v1/admin/keys")).data),
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={2} size="h4">
          {words.keys}
        </Title>
        <ConfirmButton
          label={words.rotate}
          question={words.rotateAsk}
          work={() => client.api.POST("/api/v1/admin/keys/rotate")}
          onDone={() => void queries.invalidateQueries({ queryKey: ["keys"] })}
        />
      </Group>
      <Loaded query={keys}>
        {(data) => (
          <Rows label={words.keys} head={[words.id, words.alg, words.state, words.signsFrom]}>
            {(data.keys ?? []).map((k) => (
              <Table.Tr key={k.id}>
                <Table.Td>{k.id}</Table.Td>
                <Table.Td>{k.alg}</Table.Td>
                <Table.Td>{words.keyStates[k.state]}</Table.Td>
                <Table.Td>
                  <When at={k.active_from} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Rows>
        )}
      </Loaded>
    </Stack>
  );
}

function Providers() {
  const guarded = useGuarded();
  const providers = useQuery({
    queryKey: ["providers"],
    queryFn: () => guarded(async () => (await client.api.GET("/api/v1/admin/providers")).data),
  });
  return (
    <Stack>
      <Title order={2} size="h4">
        {words.providers}
      </Title>
      <Loaded query={providers}>
        {(data) =>
          (data.providers ?? []).length === 0 ? (
            <Text>{words.none}</Text>
          ) : (
            <Rows label={words.providers} head={[words.name, words.redirect]}>
              {(data.providers ?? []).map((p) => (
                <Table.Tr key={p.name}>
                  <Table.Td>{p.title}</Table.Td>
                  <Table.Td>{p.redirect_uri}</Table.Td>
                </Table.Tr>
              ))}
            </Rows>
          )
        }
      </Loaded>
    </Stack>
  );
}

function Settings() {
  const guarded = useGuarded();
  const settings = useQuery({
    queryKey: ["settings"],
    queryFn: () => guarded(async () => (await client.api.GET("/api/v1/admin/settings")).data),
  });
  return (
    <Stack>
      <Title order={2} size="h4">
        {words.settings}
      </Title>
      <Text>{words.settingsLead}</Text>
      <Loaded query={settings}>
        {(data) =>
          (data.groups ?? []).map((group) => (
            <details key={group.title}>
              <summary>{group.title}</summary>
              <Rows label={group.title} head={[words.name, words.value, words.source]}>
                {(group.settings ?? []).map((s) => (
                  <Table.Tr key={s.name} title={s.help}>
                    <Table.Td>{s.name}</Table.Td>
                    <Table.Td>{s.secret && s.value !== "" ? words.hidden : s.value}</Table.Td>
                    <Table.Td>{s.source}</Table.Td>
                  </Table.Tr>
                ))}
              </Rows>
            </details>
          ))
        }
      </Loaded>
    </Stack>
  );
}
