import { NativeSelect, Stack, Table, Text, Title } from "@mantine/core";
import type { components } from "@sallyport/client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Chart, type Line } from "../frame/chart.tsx";
import { client } from "../frame/client.ts";
import { Loaded } from "../frame/loaded.tsx";
import { useGuarded } from "../frame/step-up.tsx";
import { Rows } from "../frame/table.tsx";
import { words } from "../words/administration.ts";

type Point = components["schemas"]["PointBody"];

/** How often the figures are asked for again. */
const every = 30_000;

/** How the server is: who is connected, what waits, and what happened over time. */
export function Status() {
  return (
    <Stack gap="xl">
      <Now />
      <OverTime />
    </Stack>
  );
}

function Now() {
  const guarded = useGuarded();
  const connected = useQuery({
    queryKey: ["connections"],
    queryFn: () => guarded(async () => (await client.api.GET("/api/v1/admin/connections")).data),
    refetchInterval: every,
  });
  const outbox = useQuery({
    queryKey: ["outbox", "counts"],
    queryFn: () => guarded(async () => (await client.api.GET("/api/v1/admin/outbox")).data),
    refetchInterval: every,
  });
  return (
    <Stack>
      <Loaded query={connected}>
        {({ nodes, complete }) => (
          <Stack>
            <dl className="tiles">
              <Tile name={words.connections} value={sum(nodes ?? [], (n) => n.open)} />
              <Tile name={words.nodes} value={nodes?.length ?? 0} />
              {outbox.data !== undefined && (
                <>
                  <Tile name={words.waiting} value={outbox.data.counts.queued} />
                  <Tile name={words.dead} value={outbox.data.counts.dead} />
                </>
              )}
            </dl>
            {!complete && <Text role="status">{words.incomplete}</Text>}
            <Rows label={words.nodes} head={[words.node, words.open, words.users, words.sessions]}>
              {(nodes ?? []).map((n) => (
                <Table.Tr key={n.id}>
                  <Table.Td>{n.id}</Table.Td>
                  <Table.Td>{n.open}</Table.Td>
                  <Table.Td>{n.users}</Table.Td>
                  <Table.Td>{n.sessions}</Table.Td>
                </Table.Tr>
              ))}
            </Rows>
          </Stack>
        )}
      </Loaded>
    </Stack>
  );
}

const sum = <T,>(all: readonly T[], value: (x: T) => number) => all.reduce((n, x) => n + value(x), 0);

function Tile({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function OverTime() {
  const [hours, setHours] = useState(24);
  const guarded = useGuarded();
  const statistics = useQuery({
    queryKey: ["statistics", hours],
    queryFn: () =>
      guarded(async () => (await client.api.GET("/api/v1/admin/statistics", { params: { query: { hours } } })).data),
    refetchInterval: every,
  });
  return (
    <Stack>
      <NativeSelect
        label={words.hours}
        value={String(hours)}
        data={words.spans.map(([value, label]) => ({ value: String(value), label }))}
        onChange={(e) => setHours(Number(e.currentTarget.value))}
      />
      <Loaded query={statistics}>{({ points }) => <Charts points={points ?? []} />}</Loaded>
    </Stack>
  );
}

const whole = (v: number) => String(Math.round(v));
const milliseconds = (v: number) => (v < 1 ? `${(v * 1000).toFixed(1)} ms` : `${v.toFixed(1)} s`);

function Charts({ points }: { points: readonly Point[] }) {
  const of = (value: (p: Point) => number): Line => ({ values: points.map(value) });
  const signIns = of((p) => p.sign_ins);
  const connections = of((p) => p.connections);
  const worst = of((p) => p.revocation_worst_seconds);
  return (
    <Stack>
      <Figure
        title={words.signIns}
        lead={words.signInsLead}
        total={words.inAll(sum(signIns.values, (v) => v))}
        points={points}
        lines={[signIns, of((p) => p.failures)]}
        show={whole}
      />
      <Figure
        title={words.connections}
        lead={words.connectionsLead}
        total={whole(connections.values.at(-1) ?? 0)}
        points={points}
        lines={[connections]}
        show={whole}
      />
      <Figure
        title={words.revocation}
        lead={words.revocationLead}
        total={words.inAll(sum(points, (p) => p.revocations))}
        points={points}
        lines={[of((p) => p.revocation_seconds), worst]}
        show={milliseconds}
      />
    </Stack>
  );
}

function Figure(props: {
  title: string;
  lead: string;
  total: string;
  points: readonly Point[];
  lines: readonly Line[];
  show(v: number): string;
}) {
  const most = props.show(Math.max(0, ...props.lines.flatMap((l) => l.values)));
  return (
    <div>
      <Title order={2} size="h5">
        {props.title}
      </Title>
      <Text size="sm" c="dimmed">
        {props.lead}
      </Text>
      <Chart
        label={words.chart(props.title, props.total, most)}
        from={props.points[0]?.at ?? ""}
        to={props.points.at(-1)?.at ?? ""}
        lines={props.lines}
        show={props.show}
      />
    </div>
  );
}
