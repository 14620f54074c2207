import { Problem } from "@sallyport/client";
import { expect, test } from "vitest";
import { fieldSentence, sentence } from "./problems.ts";

const problem = (more: object) =>
  new Problem({ type: "", title: "t", status: 422, detail: "As the server says.", code: "invalid_request", ...more });

test.each([
  [
    "a code with words of its own",
    problem({ code: "invalid_code" }),
    "This code is wrong, already used, or too old. Take the newest one.",
  ],
  ["a code without", problem({ code: "conflict" }), "As the server says."],
  [
    "seconds to wait",
    problem({ code: "rate_limited", retry_after: 30 }),
    "Too many tries. Please wait a while. (30 s)",
  ],
  [
    "minutes to wait",
    problem({ code: "rate_limited", retry_after: 1800 }),
    "Too many tries. Please wait a while. (30 min)",
  ],
  [
    "no answer at all",
    new TypeError("failed to fetch"),
    "The server does not answer. Check your connection and try again.",
  ],
])("%s", (_, error, want) => {
  expect(sentence(error)).toBe(want);
});

test("a field is told by its place in the body", () => {
  const error = problem({
    fields: [
      { path: "password", message: "Too short." },
      { path: "body.email", message: "No address." },
    ],
  });
  expect([fieldSentence(error, "password"), fieldSentence(error, "email"), fieldSentence(error, "name")]).toEqual([
    "Too short.",
    "No address.",
    undefined,
  ]);
});
