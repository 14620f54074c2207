import { expect, test } from "vitest";
import { points } from "./chart.tsx";

test.each([
  ["nothing", [], 1, ""],
  ["one figure", [5], 10, "46.0,66.0"],
  ["from the bottom to the top", [0, 10], 10, "46.0,122.0 600.0,10.0"],
  ["half-way", [10, 5, 0], 10, "46.0,10.0 323.0,66.0 600.0,122.0"],
] as const)("%s", (_, values, most, want) => {
  expect(points(values, most)).toBe(want);
});
