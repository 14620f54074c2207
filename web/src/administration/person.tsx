import { Anchor, Button, Group, NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import type { components } from "@sallyport/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Loaded } from "../frame/loaded.tsx";
import { useGuarded } from "../frame/step-up.tsx";
import { useAction } from "../frame/use-action.ts";
import { When } from "../frame/when.tsx";
import { words } from "../words/administration.ts";
import { words as methods } from "../words/sign-in.ts";
import { State } from "./people.tsx";
import { PersonActions } from "./person-actions.tsx";
import { SessionRows } from "./session-rows.tsx";

type Detail = components["schemas"]["PersonDetail"];

/** One person: what they have set up, where they are signed in, and what can be done about it. */
export function Person({ id }: { id: string }) {
  const guarded = useGuarded();
  const queries = useQueryClient();
  const person = useQuery({
    queryKey: ["person", id],
    queryFn: () =>
      guarded(async () => (await client.api.GET("/api/v1/admin/users/{id}", { params: { path: { id } } })).data),
  });
  const again = () => {
    void queries.invalidateQueries({ queryKey: ["people"] });
    return queries.invalidateQueries({ queryKey: ["person", id] });
  };

  return (
    <Stack>
      <Anchor href="#people">{words.back}</Anchor>
      <Loaded query={person}>
        {(u) => (
          <>
            <Title order={2} size="h4">
              {u.email}
            </Title>
            <Facts u={u} />
            {u.id !== client.session.user?.id && <Profile u={u} onSaved={again} />}
            <PersonActions person={u} onDone={again} />
            <Title order={3} size="h5">
              {words.sessions}
            </Title>
            <SessionRows sessions={u.sessions ?? []} onEnded={again} />
            <Anchor href={`#audit/${u.id}`}>{words.theirEvents}</Anchor>
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function Facts({ u }: { u: Detail }) {
  const list = (all: readonly string[]) => (all.length === 0 ? words.none : all.join(", "));
  const facts: [string, React.ReactNode][] = [
    [words.state, <State key="state" state={u.state} />],
    [words.id, u.id],
    [words.role, words.roles[u.role]],
    [words.since, <When key="since" at={u.created_at} />],
    [words.lastLogin, <When key="login" at={u.last_login_at} />],
    [words.password, u.has_password ? words.yes : words.no],
    [
      words.factors,
      list(
        (u.factors ?? [])
          .filter((f) => f.type !== "passkey")
          .map((f) => `${methods.methods[f.type] ?? f.type} ${f.hint ?? ""}`.trim()),
      ),
    ],
    [words.passkeys, list((u.passkeys ?? []).map((k) => k.name))],
    [words.backupCodes, String(u.backup_codes_left)],
    [words.linked, list((u.accounts ?? []).map((a) => `${a.provider} ${a.email}`.trim()))],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Name and role. */
function Profile({ u, onSaved }: { u: Detail; onSaved(): Promise<void> }) {
  const [name, setName] = useState(u.name);
  const [role, setRole] = useState(u.role);
  const [saved, setSaved] = useState(false);
  const action = useAction();
  const guarded = useGuarded();

  function submit(event: FormEvent) {
    event.preventDefault();
    setSaved(false);
    action.run(async () => {
      await guarded(() =>
        client.api.PATCH("/api/v1/admin/users/{id}", { params: { path: { id: u.id } }, body: { name, role } }),
      );
      await onSaved();
      setSaved(true);
    });
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <Failure error={action.error} />
        <Group align="end">
          <TextInput label={words.name} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <NativeSelect
            label={words.role}
            value={role}
            data={Object.entries(words.roles).map(([value, label]) => ({ value, label }))}
            onChange={(e) => setRole(e.currentTarget.value === "admin" ? "admin" : "user")}
          />
          <Button type="submit" variant="default" loading={action.busy}>
            {words.save}
          </Button>
          <div role="status">{saved && <Text>{words.saved}</Text>}</div>
        </Group>
      </Stack>
    </form>
  );
}
