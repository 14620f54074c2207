import type { Page } from "@playwright/test";

/** An authenticator of this page that checks its user. */
export async function authenticator(page: Page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;
  return devtools.send("WebAuthn.addVirtualAuthenticator", { options });
}
