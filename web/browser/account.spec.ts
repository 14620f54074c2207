import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { authenticator } from "./authenticator.ts";
import { accessible, fitsAPhone, picture, watch } from "./page-checks.ts";
import { isAtProvider } from "./provider.ts";
import { appCode, password, type Server, test } from "./server.ts";

const email = "ada@example.org";

/** Signs in with a password and is led to the account. */
async function open(page: Page, server: Server, address = email) {
  await page.goto(`${server.url}/sign-in?return_to=/account`);
  await page.getByLabel("E-mail address").fill(address);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
}

const section = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();

async function typeCode(page: Page, code: string) {
  await page.getByLabel("Digit 1 of the code").click();
  await page.keyboard.type(code);
}

/** Presses a button that asks first, and says yes. */
async function confirm(page: Page, name: string | RegExp) {
  await page.getByRole("button", { name, exact: true }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button").first().click();
  await expect(dialog).toHaveCount(0);
}

test("whoever is not signed in is led to the sign-in and back", async ({ page, server }) => {
  await server.person(email);
  await page.goto(`${server.url}/account#devices`);
  await page.waitForURL(/sign-in\?return_to=%2Faccount%23devices/);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Devices" })).toBeVisible();
});

test("the overview says what to do next; name and address are changed", async ({ page, server }) => {
  const faults = watch(page);
  await server.person(email);
  await open(page, server);
  await expect(page.getByText("Your password alone protects this account.")).toBeVisible();
  await accessible(page);
  await fitsAPhone(page);
  await picture(page, "account");
  await section(page, "Profile");
  await page.getByLabel("Name").fill("Ada L.");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await page.getByLabel("New e-mail address").fill("not an address");
  await page.getByLabel("New e-mail address").fill("ada@new.example");
  await page.getByRole("button", { name: "Change the address" }).click();
  await expect(page.getByText("We have sent a link to ada@new.example.", { exact: false })).toBeVisible();
  await accessible(page);
  await fitsAPhone(page);
  let link = "";
  await expect
    .poll(async () => {
      link = (await server.messages()).find((m) => m.to === "ada@new.example")?.link ?? "";
      return link;
    })
    .not.toBe("");
  await page.goto(link);
  await page.getByRole("button").click();
  await expect(page.getByRole("status")).not.toBeEmpty();
  await page.goto(`${server.url}/account#profile`);
  await expect(page.getByText("ada@new.example").first()).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue("Ada L.");
  expect(faults).toEqual([]);
});

test("an app, backup codes and a passkey are set up, renamed and removed; the password is changed", async ({
  page,
  server,
}) => {
  const faults = watch(page);
  await server.person(email);
  await authenticator(page);
  await open(page, server);
  await section(page, "Sign-in and security");
  await accessible(page);
  await fitsAPhone(page);

  await page.getByRole("button", { name: "Add an authenticator app" }).click();
  await expect(page.getByAltText("QR code for an authenticator app")).toBeVisible();
  await accessible(page);
  const secret = (await page.locator(".secret").textContent()) ?? "";
  await typeCode(page, appCode(secret) === "000000" ? "111111" : "000000");
  await expect(page.getByRole("dialog").getByRole("alert").first()).toContainText("This code is wrong");
  await typeCode(page, appCode(secret));
  await expect(page.getByRole("heading", { name: "Your backup codes" })).toBeVisible();
  await expect(page.getByRole("dialog").getByRole("listitem")).toHaveCount(10);
  await accessible(page);
  await fitsAPhone(page);
  const file = page.waitForEvent("download");
  await page.getByRole("button", { name: "Keep as a file" }).click();
  expect((await readFile(await (await file).path(), "utf8")).trim().split("\n")).toHaveLength(10);
  await page.getByRole("button", { name: "I have kept them" }).click();
  await expect(page.getByText("10 of your backup codes are left.")).toBeVisible();
  await page.getByRole("button", { name: "Make new backup codes" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make new backup codes" }).click();
  await page.getByRole("button", { name: "I have kept them" }).click();

  await page.getByLabel("A name for it, such as the device").fill("Laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByRole("cell", { name: "Laptop", exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Rename: Laptop" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Work laptop");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("cell", { name: "Work laptop", exact: true })).toBeVisible();
  await picture(page, "security");
  await confirm(page, /^Remove: Authenticator app/);
  await expect(page.getByRole("button", { name: /^Remove: Authenticator app/ })).toHaveCount(0);
  await confirm(page, "Remove: Work laptop");
  await expect(page.getByRole("cell", { name: "Work laptop", exact: true })).toHaveCount(0);

  await page.getByLabel("Current password").fill(password);
  await page.getByRole("textbox", { name: "New password" }).fill("short");
  await page.getByRole("button", { name: "Change the password" }).click();
  await expect(page.getByRole("textbox", { name: "New password" })).toHaveAttribute("aria-invalid", "true");
  await page.getByRole("textbox", { name: "New password" }).fill("nine grey owls above the mill");
  await page.getByRole("button", { name: "Change the password" }).click();
  await expect(page.getByText("The password is changed.", { exact: false })).toBeVisible();
  expect(faults).toEqual([]);
});

test("other devices show their connections, and drop at once when they are signed out", async ({
  page,
  server,
  browser,
}) => {
  const faults = watch(page);
  await server.person(email);
  const other = await (await browser.newContext()).newPage();
  await open(other, server);
  await other.goto(`${server.url}/demo`);
  await expect(other.getByTestId("connection")).toHaveAttribute("data-state", "open");
  await open(page, server);
  await section(page, "Devices");
  await expect(page.getByText("one open connection")).toBeVisible();
  await expect(page.getByText("This device")).toBeVisible();
  await accessible(page);
  await fitsAPhone(page);
  await picture(page, "devices");
  await confirm(page, "Sign out everywhere else");
  await expect(other.getByTestId("connection")).toHaveCount(0, { timeout: 5_000 });
  await expect(page.getByText("one open connection")).toHaveCount(0);
  await section(page, "What happened");
  await expect(page.getByRole("cell", { name: "A session ended", exact: true }).first()).toBeVisible();
  await accessible(page);
  await fitsAPhone(page);
  expect(faults).toEqual([]);
});

test("MF-03 an old proof opens the window that asks for a fresh one, and the download goes on", async ({
  page,
  server,
}) => {
  const faults = watch(page);
  await server.person(email);
  await open(page, server);
  const secret = await server.setUpApp(email);
  await section(page, "Your data");
  await accessible(page);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download my data" }).click();
  await expect(page.getByRole("heading", { name: "Confirm that it is you" })).toBeVisible();
  await typeCode(page, appCode(secret));
  const data = JSON.parse(await readFile(await (await download).path(), "utf8"));
  expect(data).toMatchObject({ user: { email }, factors: [{ type: "totp" }] });
  await confirm(page, "Delete my account");
  await page.waitForURL(/\/sign-in/);
  const refused = await server.post("/api/v1/auth/login", { email, password });
  expect(refused.status).toBe(401);
  expect(faults).toEqual([]);
});

test("an account elsewhere is linked, signs in, and is unlinked; another account is merged", async ({
  page,
  server,
  provider,
}) => {
  const faults = watch(page);
  await provider.start(server.url);
  await server.person(email);
  await server.person("ada@old.example");
  await isAtProvider(page, { sub: "1001", email: "ada@corp.example", email_verified: true, name: "Ada" });
  await open(page, server);
  await section(page, "Linked accounts");
  await page.getByRole("button", { name: "Link Corp" }).click();
  await expect(page.getByText("The account is linked.")).toBeVisible();
  await expect(page.getByRole("cell", { name: "ada@corp.example", exact: true })).toBeVisible();
  await accessible(page);
  await fitsAPhone(page);
  await picture(page, "linked-accounts");

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(/\/sign-in/);
  await page.getByRole("link", { name: "Continue with Corp" }).click();
  await expect(page.getByRole("heading", { name: "Linked accounts" })).toBeVisible();
  await expect(page.getByText(email)).toBeVisible();

  await page.getByRole("button", { name: "Merge another account into this one" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Its e-mail address").fill("ada@old.example");
  await dialog.getByRole("textbox", { name: "Its password" }).fill(password);
  await dialog.getByRole("button", { name: "Show what would happen" }).click();
  await expect(dialog.getByText("The account ada@old.example", { exact: false })).toBeVisible();
  await accessible(page);
  await dialog.getByRole("button", { name: "Merge now" }).click();
  await expect(page.getByText("The accounts are merged.")).toBeVisible();
  expect((await server.post("/api/v1/auth/login", { email: "ada@old.example", password })).status).toBe(401);

  await confirm(page, /^Unlink: corp/);
  await expect(page.getByRole("cell", { name: "ada@corp.example", exact: true })).toHaveCount(0);
  expect(faults).toEqual([]);
});

test("codes by SMS and e-mail are set up with codes from the inbox", async ({ page, server }) => {
  const faults = watch(page);
  await server.person(email);
  await open(page, server);
  await section(page, "Sign-in and security");
  const newest = async (to: RegExp) => (await server.messages()).find((m) => to.test(m.to) && m.code)?.code ?? "";

  await page.getByRole("button", { name: "Add codes by SMS" }).click();
  await page.getByLabel("Phone number with its country code").fill("12");
  await page.getByRole("dialog").getByRole("button", { name: "Send a code" }).click();
  await expect(page.getByLabel("Phone number with its country code")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Phone number with its country code").fill("+1 415 555 0132");
  await page.getByRole("dialog").getByRole("button", { name: "Send a code" }).click();
  await expect.poll(() => newest(/^\+1/)).not.toBe("");
  await accessible(page);
  await fitsAPhone(page);
  await typeCode(page, await newest(/^\+1/));
  await page.getByRole("button", { name: "I have kept them" }).click();
  await expect(page.getByText("Messages can be redirected", { exact: false })).toBeVisible();

  await page.getByRole("button", { name: "Add codes by e-mail" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Send a code" }).click();
  await expect.poll(() => newest(/ada@/)).not.toBe("");
  await accessible(page);
  await typeCode(page, await newest(/ada@/));
  await expect(page.getByRole("button", { name: /^Remove: Code by e-mail/ })).toBeVisible();
  await expect(page.getByRole("button", { name: "Add codes by e-mail" })).toHaveCount(0);
  expect(faults).toEqual([]);
});
