// @vitest-environment jsdom
import { expect, test } from "vitest";
import { ownPath } from "./return-to.ts";

test.each(["/", "/demo", "/app/orders?page=2#top", "/a//b"])("OA-11 %s is a path of this site", (path) => {
  expect(ownPath(path)).toBe(path);
});

test.each([
  "//evil.example",
  "/\\evil.example",
  "\\evil.example",
  "https://evil.example",
  "javascript:alert(1)",
  "demo",
  "/\tevil",
  "/%2F%2fevil.example",
  "/%5Cevil.example",
  "/a\r\nb",
  "/%0d%0aSet-Cookie:x",
  "",
  null,
])("OA-11 %j leads nowhere", (wish) => {
  expect(ownPath(wish)).toBeUndefined();
});
