import { Anchor, Button, Group, Stack, Table, Text, TextInput } from "@mantine/core";
import type { components } from "@sallyport/client";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Pages } from "../frame/loaded.tsx";
import { save } from "../frame/save.ts";
import { useGuarded } from "../frame/step-up.tsx";
import { Rows } from "../frame/table.tsx";
import { useAction } from "../frame/use-action.ts";
import { usePages } from "../frame/use-pages.ts";
import { When } from "../frame/when.tsx";
import { words } from "../words/administration.ts";

type Event = components["schemas"]["EventBody"];

/** The audit log: read with filters, verified, and copied. */
export function Audit({ rest }: { rest: string }) {
  return <Log key={rest} user={rest} />;
}

function Log(props: { user: string }) {
  const [user, setUser] = useState(props.user);
  const [name, setName] = useState("");
  const [filter, setFilter] = useState({ user: props.user, name: "" });
  const events = usePages(["audit", filter], async (after) => {
    const { data } = await client.api.GET("/api/v1/admin/audit", { params: { query: { ...filter, after } } });
    return { rows: data?.events ?? [], next: data?.next };
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    setFilter({ user: user.trim(), name: name.trim() });
  }

  return (
    <Stack>
      <form onSubmit={submit}>
        <Group align="end">
          <TextInput label={words.user} value={user} onChange={(e) => setUser(e.currentTarget.value)} />
          <TextInput label={words.eventName} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <Button type="submit" variant="default">
            {words.filter}
          </Button>
        </Group>
      </form>
      <WholeLog />
      <Pages query={events}>
        {(rows) => (
          <Rows
            label={words.audit}
            head={[words.at, words.event, words.result, words.who, words.to, words.address, words.details]}
          >
            {rows.map((e) => (
              <EventRow key={e.id} event={e} />
            ))}
          </Rows>
        )}
      </Pages>
    </Stack>
  );
}

function EventRow({ event }: { event: Event }) {
  const more = [event.reason, event.factor, ...Object.entries(event.details ?? {}).map(([k, v]) => `${k}: ${v}`)];
  return (
    <Table.Tr>
      <Table.Td>
        <When at={event.at} />
      </Table.Td>
      <Table.Td>{event.name}</Table.Td>
      <Table.Td>{event.result}</Table.Td>
      <Table.Td>{event.actor_kind}</Table.Td>
      <Table.Td>
        {event.target_id !== undefined && <Anchor href={`#people/${event.target_id}`}>{event.target_id}</Anchor>}
      </Table.Td>
      <Table.Td>{event.ip}</Table.Td>
      <Table.Td>{more.filter((text) => text !== undefined).join(" · ")}</Table.Td>
    </Table.Tr>
  );
}

/** The answer of the route that verifies; it is documented in words. */
interface Verdict {
  intact: boolean;
  rows: number;
  fault?: { place: number; what: string };
}

function WholeLog() {
  const [verdict, setVerdict] = useState<Verdict>();
  const verifying = useAction();
  const copying = useAction();
  const guarded = useGuarded();

  const verify = () =>
    verifying.run(async () => {
      setVerdict(undefined);
      const { data } = await guarded(() => client.api.GET("/api/v1/admin/audit/verify"));
      setVerdict(data as unknown as Verdict);
    });
  const copy = () =>
    copying.run(async () => {
      const { data } = await guarded(() => client.api.GET("/api/v1/admin/audit/export", { parseAs: "blob" }));
      save(data as unknown as Blob, "audit.ndjson");
    });

  return (
    <Stack>
      <Failure error={verifying.error ?? copying.error} />
      <Group>
        <Button variant="default" loading={verifying.busy} onClick={verify}>
          {words.verify}
        </Button>
        <Button variant="default" loading={copying.busy} onClick={copy}>
          {words.copy}
        </Button>
        <div role="status">
          {verdict !== undefined && (
            <Text c={verdict.intact ? "inherit" : "red"}>
              {verdict.fault === undefined
                ? words.intact(verdict.rows)
                : words.broken(verdict.fault.place, verdict.fault.what)}
            </Text>
          )}
        </div>
      </Group>
    </Stack>
  );
}
