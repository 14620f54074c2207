/** The figures of one line, oldest first. */
export interface Line {
  values: readonly number[];
}

const width = 600;
const height = 140;
const left = 46;
const bottom = 18;

/** A line chart of one or two lines over the same time. Its label says in words what the lines show. */
export function Chart(props: {
  label: string;
  from: string;
  to: string;
  lines: readonly Line[];
  show(value: number): string;
}) {
  const most = Math.max(0, ...props.lines.flatMap((l) => l.values));
  const scale = most === 0 ? 1 : most;
  return (
    <svg className="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={props.label}>
      <line x1={left} y1={height - bottom} x2={width} y2={height - bottom} />
      <line x1={left} y1={10} x2={width} y2={10} />
      <text x={left - 6} y={14} textAnchor="end">
        {props.show(most)}
      </text>
      <text x={left - 6} y={height - bottom + 4} textAnchor="end">
        {props.show(0)}
      </text>
      <text x={left} y={height - 3}>
        {hour(props.from)}
      </text>
      <text x={width} y={height - 3} textAnchor="end">
        {hour(props.to)}
      </text>
      {props.lines.map((line, i) => (
        // The lines of a chart never change places.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <polyline key={i} className={i === 1 ? "second" : undefined} points={points(line.values, scale)} />
      ))}
    </svg>
  );
}

/** Where the figures of a line lie in the picture. */
export function points(values: readonly number[], most: number): string {
  const step = values.length > 1 ? (width - left) / (values.length - 1) : 0;
  const high = height - bottom - 10;
  return values
    .map((v, i) => `${(left + i * step).toFixed(1)},${(height - bottom - (v / most) * high).toFixed(1)}`)
    .join(" ");
}

const hour = (at: string) =>
  new Date(at).toLocaleString(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
