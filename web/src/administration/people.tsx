import { Anchor, Badge, Button, Group, Stack, Table, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Pages } from "../frame/loaded.tsx";
import { Rows } from "../frame/table.tsx";
import { usePages } from "../frame/use-pages.ts";
import { When } from "../frame/when.tsx";
import { words } from "../words/administration.ts";
import { Invite } from "./invite.tsx";
import { Person } from "./person.tsx";

/** The people of this server: a list to search, or one of them. */
export function People({ rest }: { rest: string }) {
  return rest === "" ? <List /> : <Person key={rest} id={rest} />;
}

function List() {
  const [typed, setTyped] = useState("");
  const [q, setQ] = useState("");
  const [inviting, setInviting] = useState(false);
  const queries = useQueryClient();
  const people = usePages(["people", q], async (after) => {
    const { data } = await client.api.GET("/api/v1/admin/users", { params: { query: { q, after } } });
    return { rows: data?.users ?? [], next: data?.next };
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    setQ(typed.trim());
  }

  return (
    <Stack>
      <Group justify="space-between" align="end">
        <form onSubmit={submit}>
          <Group align="end">
            <TextInput label={words.search} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} />
            <Button type="submit" variant="default">
              {words.find}
            </Button>
          </Group>
        </form>
        <Button onClick={() => setInviting(true)}>{words.invite}</Button>
      </Group>
      <Pages query={people}>
        {(rows) => (
          <Rows
            label={words.people}
            head={[words.email, words.name, words.role, words.state, words.since, words.lastLogin]}
          >
            {rows.map((u) => (
              <Table.Tr key={u.id}>
                <Table.Td>
                  <Anchor href={`#people/${u.id}`}>{u.email}</Anchor>
                </Table.Td>
                <Table.Td>{u.name}</Table.Td>
                <Table.Td>{words.roles[u.role]}</Table.Td>
                <Table.Td>
                  <State state={u.state} />
                </Table.Td>
                <Table.Td>
                  <When at={u.created_at} />
                </Table.Td>
                <Table.Td>
                  <When at={u.last_login_at} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Rows>
        )}
      </Pages>
      {inviting && (
        <Invite
          onClose={() => setInviting(false)}
          onInvited={() => void queries.invalidateQueries({ queryKey: ["people"] })}
        />
      )}
    </Stack>
  );
}

/** Whether an account is in use. */
export function State({ state }: { state: string }) {
  return (
    <Badge variant="outline" color={state === "disabled" ? "red" : "gray"} tt="none" c="inherit">
      {words.states[state] ?? state}
    </Badge>
  );
}
