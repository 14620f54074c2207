import { expect, test } from "vitest";
import { readFrame } from "../src/frames.ts";

test.each([
  ["a known frame", '{"type":"pong","id":"1"}', { type: "pong", id: "1" }],
  ["an unknown type", '{"type":"fanfare"}', undefined],
  ["no object", "null", undefined],
  ["no JSON", "pong", undefined],
  ["bytes", new ArrayBuffer(2), undefined],
])("%s", (_, data, want) => {
  expect(readFrame(data)).toEqual(want);
});
