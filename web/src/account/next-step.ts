import type { components } from "@sallyport/client";

/** What a person should do next for the safety of the account. */
export type Step = "factor" | "passkey" | "codes" | "done";

/** The most useful step; hereToo is whether this browser has passkeys. */
export function nextStep(
  status: Pick<components["schemas"]["MFAStatus"], "enabled" | "backup_codes_low">,
  passkeys: number,
  hereToo: boolean,
): Step {
  if (!status.enabled && passkeys === 0) {
    return "factor";
  }
  if (status.backup_codes_low) {
    return "codes";
  }
  return passkeys === 0 && hereToo ? "passkey" : "done";
}
