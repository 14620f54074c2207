import { expect, test } from "vitest";
import { nextStep } from "./next-step.ts";

test.each([
  ["a password alone", false, false, 0, true, "factor"],
  ["a password alone, no passkeys here", false, false, 0, false, "factor"],
  ["a passkey alone", false, false, 1, true, "done"],
  ["few codes left come before a passkey", true, true, 0, true, "codes"],
  ["an app and no passkey", true, false, 0, true, "passkey"],
  ["an app, no passkeys here", true, false, 0, false, "done"],
  ["an app and a passkey", true, false, 2, true, "done"],
] as const)("%s", (_, enabled, low, passkeys, here, want) => {
  expect(nextStep({ enabled, backup_codes_low: low }, passkeys, here)).toBe(want);
});
