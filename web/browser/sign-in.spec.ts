import { expect, type Page } from "@playwright/test";
import { authenticator } from "./authenticator.ts";
import { accessible, fitsAPhone, picture, watch } from "./page-checks.ts";
import { appCode, password, type Server, test } from "./server.ts";

const email = "ada@example.org";

/** Fills the first form. */
async function showPassword(page: Page, server: Server, address = email, secret = password) {
  await page.goto(`${server.url}/sign-in`);
  await page.getByLabel("E-mail address").fill(address);
  await page.getByRole("textbox", { name: "Password" }).fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Types a code into the six boxes as a paste does. */
async function typeCode(page: Page, code: string) {
  await page.getByLabel("Digit 1 of the code").click();
  await page.keyboard.type(code);
}

const signedIn = (page: Page) => expect(page.getByRole("heading", { name: "You are signed in" })).toBeVisible();

test("signs up, proves the address, signs in, signs out, all with the keyboard", async ({ page, server }) => {
  const faults = watch(page);
  await page.goto(`${server.url}/sign-up`);
  await accessible(page);
  await fitsAPhone(page);
  await page.getByLabel("E-mail address").focus();
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type("Ada");
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Look into your mailbox" })).toBeFocused();

  await showPassword(page, server);
  await expect(page.getByRole("alert").first()).toContainText("Open the link that we sent");
  const messages: { to: string; link: string }[] = await (await fetch(`${server.url}/dev/inbox/messages`)).json();
  const link = messages.find((m) => m.to === email)?.link ?? "";
  await page.goto(link);
  await page.getByRole("button").click();
  await expect(page.getByRole("status")).not.toBeEmpty();

  await showPassword(page, server);
  await signedIn(page);
  await accessible(page);
  await page.reload(); // the cookie of the session
  await signedIn(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("E-mail address")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("E-mail address")).toBeVisible();
  expect(faults).toEqual([]);
});

test("RL-10 a wrong password and an unknown address are told alike, and nothing typed is lost", async ({
  page,
  server,
}) => {
  const faults = watch(page);
  await server.person(email);
  const told: (string | null)[] = [];
  for (const [address, secret] of [
    [email, "not this one"],
    ["nobody@example.org", password],
  ]) {
    await showPassword(page, server, address, secret);
    await expect(page.getByRole("alert")).not.toBeEmpty();
    told.push(await page.getByRole("alert").textContent());
    await expect(page.getByLabel("E-mail address")).toHaveValue(address ?? "");
  }
  expect(told[0]).toBe("The e-mail address or the password is wrong.");
  expect(told[1]).toBe(told[0]);
  await accessible(page);
  expect(faults).toEqual([]);
});

test("PW-05 a refused password is told at its field", async ({ page, server }) => {
  await page.goto(`${server.url}/sign-up`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill("short");
  await page.getByRole("button", { name: "Create an account" }).click();
  await expect(page.getByRole("textbox", { name: "Password" })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("E-mail address")).toHaveValue(email);
});

test("MF-02 a code of the app is asked for; a wrong one is told, the right one signs in", async ({ page, server }) => {
  const faults = watch(page);
  await server.person(email);
  const secret = await server.setUpApp(email);
  await showPassword(page, server);
  await expect(page.getByRole("heading", { name: "One more proof" })).toBeVisible();
  await picture(page, "second-factor");
  await accessible(page);
  await fitsAPhone(page);
  await typeCode(page, appCode(secret) === "000000" ? "111111" : "000000");
  await expect(page.getByRole("alert")).toContainText("This code is wrong");
  await expect(page.getByLabel("Digit 1 of the code")).toHaveValue("");
  await typeCode(page, appCode(secret));
  await signedIn(page);
  expect(faults).toEqual([]);
});

test.describe("where everybody needs a second factor", () => {
  test.use({ environ: { MFA_POLICY: "required" } });

  test("an app is set up on the way in, backup codes are shown, and one of them signs in", async ({ page, server }) => {
    const faults = watch(page);
    await server.person(email);
    await showPassword(page, server);
    await expect(page.getByRole("heading", { name: "Set up a second factor" })).toBeVisible();
    await accessible(page);
    await page.getByRole("button", { name: "Authenticator app" }).click();
    await expect(page.getByAltText("QR code for an authenticator app")).toBeVisible();
    await picture(page, "authenticator-app");
    const secret = (await page.locator(".secret").textContent()) ?? "";
    await typeCode(page, appCode(secret));
    await expect(page.getByRole("heading", { name: "Your backup codes" })).toBeVisible();
    await accessible(page);
    await fitsAPhone(page);
    const codes = await page.getByRole("listitem").allTextContents();
    expect(codes).toHaveLength(10);
    await page.getByRole("button", { name: "I have kept them" }).click();
    await signedIn(page);

    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByLabel("E-mail address")).toBeVisible();
    await showPassword(page, server);
    await page.getByRole("button", { name: "Backup code" }).click();
    await page.getByRole("textbox", { name: "Backup code" }).fill(codes[0] ?? "");
    await page.getByRole("button", { name: "Confirm" }).click();
    await signedIn(page);
    expect(faults).toEqual([]);
  });

  test("WA-06 a passkey is made on the way in, and signs in by the button afterwards", async ({ page, server }) => {
    const faults = watch(page);
    await server.person(email);
    await authenticator(page);
    await showPassword(page, server);
    await page.getByRole("button", { name: "Create a passkey" }).click();
    await page.getByRole("button", { name: "I have kept them" }).click();
    await signedIn(page);
    // This authenticator takes what the form's autofill offers, as a person's tap would.
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "You are signed in" })).toBeHidden();
    await signedIn(page);
    await page.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    });
    await page.reload();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await signedIn(page);
    expect(faults).toEqual([]);
  });

  test("OT-05 a code by e-mail is sent when asked for, and again only after a pause", async ({ page, server }) => {
    await server.person(email);
    await showPassword(page, server);
    await page.getByRole("button", { name: "Authenticator app" }).waitFor();
    // E-mail codes are no second proof beside the same mailbox's password; an app makes them one more way.
    await expect(page.getByRole("button", { name: "Code by e-mail" })).toHaveCount(1);
    await page.getByRole("button", { name: "Code by e-mail" }).click();
    await page.getByRole("button", { name: "Send a code" }).click();
    await expect(page.getByText(/A new code can be sent in \d+ s/)).toBeVisible();
    const messages: { to: string; code?: string }[] = await (await fetch(`${server.url}/dev/inbox/messages`)).json();
    await typeCode(page, messages.find((m) => m.to === email && m.code)?.code ?? "");
    await expect(page.getByRole("heading", { name: "Your backup codes" })).toBeVisible();
  });
});

test("RC-01 a forgotten password: the mail's link sets a new one, which signs in", async ({ page, server }) => {
  const faults = watch(page);
  await server.person(email);
  await page.goto(`${server.url}/forgot-password`);
  await accessible(page);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByText("is on its way")).toBeVisible();
  let link = "";
  await expect
    .poll(async () => {
      const messages: { link?: string }[] = await (await fetch(`${server.url}/dev/inbox/messages`)).json();
      link = messages.find((m) => m.link?.includes("/reset-password"))?.link ?? "";
      return link;
    })
    .not.toBe("");
  await page.goto(link);
  const fresh = "twelve quiet herons by the river";
  await page.getByLabel(/password/i).fill(fresh);
  await page.getByRole("button").click();
  await expect(page.getByRole("status")).not.toBeEmpty();
  await showPassword(page, server, email, fresh);
  await signedIn(page);
  expect(faults).toEqual([]);
});

test("OA-11 a finished sign-in leads to the wished path of this site and nowhere else", async ({ page, server }) => {
  await server.person(email);
  await page.goto(`${server.url}/sign-in?return_to=//evil.example`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await signedIn(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("E-mail address")).toBeVisible();
  await page.goto(`${server.url}/sign-in?return_to=/demo`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(`${server.url}/demo`);
  await expect(page.getByTestId("connection")).toHaveAttribute("data-state", "open");
});
