import { expect, test } from "vitest";
import { splitHash } from "./use-hash.ts";

test.each([
  ["", "", ""],
  ["#", "", ""],
  ["#people", "people", ""],
  ["#people/42", "people", "42"],
  ["#people/42/7", "people", "42/7"],
  ["#/42", "", "42"],
])("%s", (hash, section, rest) => {
  expect(splitHash(hash)).toEqual([section, rest]);
});
