import { Button, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { client } from "../frame/client.ts";
import { ConfirmButton } from "../frame/confirm.tsx";
import { Failure } from "../frame/failure.tsx";
import { Loaded } from "../frame/loaded.tsx";
import { useGuarded } from "../frame/step-up.tsx";
import { Rows } from "../frame/table.tsx";
import { useAction } from "../frame/use-action.ts";
import { When } from "../frame/when.tsx";
import { words } from "../words/account.ts";
import { comeBack } from "./come-back.ts";
import { Merge } from "./merge.tsx";

/** Accounts elsewhere that sign somebody in here. */
export function Linked() {
  const queries = useQueryClient();
  const accounts = useQuery({
    queryKey: ["linked"],
    queryFn: async () => {
      await comeBack()?.catch(() => undefined); // CameBack tells how it ended
      return (await client.api.GET("/api/v1/oauth/accounts")).data;
    },
  });
  const again = () => void queries.invalidateQueries({ queryKey: ["linked"] });
  return (
    <Stack gap="lg">
      <Text>{words.linkedLead}</Text>
      <CameBack />
      <Loaded query={accounts}>
        {(data) =>
          (data.accounts ?? []).length === 0 ? (
            <Text>{words.none}</Text>
          ) : (
            <Rows label={words.linked} head={[words.linked, words.email, words.since, words.lastUsed, words.unlink]}>
              {(data.accounts ?? []).map((a) => (
                <Table.Tr key={a.id}>
                  <Table.Td>{a.provider}</Table.Td>
                  <Table.Td>{a.email}</Table.Td>
                  <Table.Td>
                    <When at={a.created_at} />
                  </Table.Td>
                  <Table.Td>
                    <When at={a.last_used_at} />
                  </Table.Td>
                  <Table.Td>
                    <ConfirmButton
                      danger
                      label={words.unlink}
                      describe={`${a.provider} ${a.email}`}
                      question={words.unlinkAsk}
                      work={() => client.api.DELETE("/api/v1/oauth/accounts/{id}", { params: { path: { id: a.id } } })}
                      onDone={again}
                    />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Rows>
          )
        }
      </Loaded>
      <Providers />
      <Merge onMerged={again} />
    </Stack>
  );
}

/** How the way back from a provider ended, if somebody comes from one. */
function CameBack() {
  const [done, setDone] = useState(false);
  const { run, error } = useAction();
  useEffect(() => {
    const back = comeBack();
    if (back !== undefined) {
      run(async () => {
        await back;
        setDone(true);
      });
    }
  }, [run]);
  return (
    <>
      <Failure error={error} />
      <div role="status">{done && <Text>{words.linkedNow}</Text>}</div>
    </>
  );
}

function Providers() {
  const providers = useQuery({
    queryKey: ["providers"],
    queryFn: async () => (await client.api.GET("/api/v1/oauth/providers")).data,
  });
  const action = useAction();
  const guarded = useGuarded();
  const link = (provider: string) =>
    action.run(async () => {
      const { data } = await guarded(() =>
        client.api.POST("/api/v1/oauth/{provider}/link", {
          params: { path: { provider } },
          body: { return_to: "/account" },
        }),
      );
      if (data !== undefined) {
        location.assign(data.url);
      }
    });
  return (
    <Loaded query={providers}>
      {(data) => (
        <Stack>
          <Failure error={action.error} />
          {(data.providers ?? []).length === 0 && <Text size="sm">{words.noProviders}</Text>}
          <Group>
            {(data.providers ?? []).map((p) => (
              <Button key={p.name} variant="default" loading={action.busy} onClick={() => link(p.name)}>
                {words.link(p.title)}
              </Button>
            ))}
          </Group>
        </Stack>
      )}
    </Loaded>
  );
}
