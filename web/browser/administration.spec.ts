import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { accessible, fitsAPhone, picture, watch } from "./page-checks.ts";
import { appCode, password, type Server, test } from "./server.ts";

const root = "root@example.org";

/** Signs in with a password alone and is led to the wished page. */
async function signInTo(page: Page, server: Server, email: string, path: string) {
  await page.goto(`${server.url}/sign-in?return_to=${encodeURIComponent(path)}`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Types the app's code into the window that asks for a fresh proof. */
async function prove(page: Page, secret: string) {
  await expect(page.getByRole("heading", { name: "Confirm that it is you" })).toBeVisible();
  await page.getByLabel("Digit 1 of the code").click();
  await page.keyboard.type(appCode(secret));
}

/** Opens the administration as somebody whose session began before they had a second factor. */
async function openOffice(page: Page, server: Server): Promise<string> {
  server.admin(root);
  await signInTo(page, server, root, "/demo");
  await page.waitForURL(`${server.url}/demo`);
  const secret = await server.setUpApp(root);
  await page.goto(`${server.url}/administration`);
  return secret;
}

/** Presses a button that asks first, and says yes. */
async function confirm(page: Page, name: string | RegExp) {
  await page.getByRole("button", { name, exact: true }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button").first().click();
  await expect(dialog).toHaveCount(0);
}

const section = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();

test("OP-10 a fresh proof is asked for once, and then the status is shown", async ({ page, server }) => {
  const faults = watch(page);
  const secret = await openOffice(page, server);
  await expect(page.getByRole("heading", { name: "Confirm that it is you" })).toBeVisible();
  await accessible(page);
  await fitsAPhone(page);
  await picture(page, "step-up");
  await prove(page, secret);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("img", { name: /Sign-ins/ })).toBeVisible();
  await expect(page.getByRole("region", { name: "Nodes" }).getByRole("row")).toHaveCount(2);
  await page.getByLabel("Time shown").selectOption("The last hour");
  await accessible(page);
  await fitsAPhone(page);
  await picture(page, "administration");
  expect(faults).toEqual([]);
});

test("whoever refuses the proof, or is no administrator, sees nothing", async ({ page, server }) => {
  await openOffice(page, server);
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("alert").first()).toContainText("the proof was not given");
  await expect(page.getByRole("region", { name: "Nodes" })).toHaveCount(0);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(/sign-in\?return_to=%2Fadministration/);
  await server.person("bob@example.org");
  await signInTo(page, server, "bob@example.org", "/administration");
  await expect(page.getByRole("alert").first()).toContainText("second factor");
  await expect(page.getByRole("region", { name: "Nodes" })).toHaveCount(0);
});

test("people are found, invited, locked and unlocked; a locked person's socket closes at once", async ({
  page,
  server,
  browser,
}) => {
  const faults = watch(page);
  await server.person("ada@example.org");
  const secret = await openOffice(page, server);
  await prove(page, secret);

  const theirs = await (await browser.newContext()).newPage();
  await signInTo(theirs, server, "ada@example.org", "/demo");
  await expect(theirs.getByTestId("connection")).toHaveAttribute("data-state", "open");

  await section(page, "People");
  await page.getByLabel("Beginning of an address, or an id").fill("ada");
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.getByRole("row")).toHaveCount(2);
  await accessible(page);
  await fitsAPhone(page);
  await picture(page, "people");

  await page.getByRole("button", { name: "Invite somebody" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("E-mail address").fill("new@example.org");
  await accessible(page);
  await dialog.getByRole("button", { name: "Send the invitation" }).click();
  await expect(dialog.getByRole("status")).toContainText("new@example.org");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect
    .poll(async () => (await server.messages()).find((m) => m.to === "new@example.org")?.kind)
    .toBe("invitation");

  await page.getByRole("link", { name: "ada@example.org" }).click();
  await expect(page.getByRole("region", { name: "Sessions" }).getByText("Sockets: 1")).toBeVisible();
  await accessible(page);
  await fitsAPhone(page);
  await confirm(page, "Lock the account");
  await expect(page.getByText("Locked")).toBeVisible();
  await expect(theirs.getByTestId("connection")).toHaveCount(0, { timeout: 5_000 }); // the page knows that it is signed out
  await confirm(page, "Unlock the account");
  await expect(page.getByText("Active")).toBeVisible();
  await page.getByLabel("Name").fill("Ada L.");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await confirm(page, "Delete the account");
  await expect(page.getByRole("link", { name: "ada@example.org" })).toHaveCount(0);
  expect(faults).toEqual([]);
});

test("an invited person chooses a password and signs in", async ({ page, server }) => {
  const secret = await openOffice(page, server);
  await prove(page, secret);
  await section(page, "People");
  await page.getByRole("button", { name: "Invite somebody" }).click();
  await page.getByRole("dialog").getByLabel("E-mail address").fill("new@example.org");
  await page.getByRole("dialog").getByRole("button", { name: "Send the invitation" }).click();
  let link = "";
  await expect
    .poll(async () => {
      link = (await server.messages()).find((m) => m.to === "new@example.org")?.link ?? "";
      return link;
    })
    .not.toBe("");
  await page.goto(link);
  await page.getByLabel(/password/i).fill(password);
  await page.getByRole("button").click();
  await expect(page.getByRole("status")).not.toBeEmpty();
  expect((await server.signIn("new@example.org")).access_token).toBeTruthy();
});

test("sessions are ended, the log is verified and copied, the next key is made", async ({ page, server }) => {
  const faults = watch(page);
  await server.person("ada@example.org");
  const { access_token: token } = await server.signIn("ada@example.org");
  const secret = await openOffice(page, server);
  await prove(page, secret);

  await section(page, "Sessions");
  await expect(page.getByText("ada@example.org")).toBeVisible();
  await accessible(page);
  await fitsAPhone(page);
  await confirm(page, /^End: ada@example.org/);
  await expect(page.getByText("ada@example.org")).toHaveCount(0);
  expect((await fetch(`${server.url}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(401);

  await section(page, "Audit log");
  await page.getByLabel(/Name of an event/).fill("session_ended");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.getByRole("button", { name: "Verify the chain" }).click();
  await expect(page.getByText(/^Intact: \d+ rows/)).toBeVisible();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Take a copy" }).click();
  const lines = (await readFile(await (await download).path(), "utf8")).trim().split("\n");
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ end: true });
  expect(lines.length).toBeGreaterThan(5);
  await accessible(page);
  await fitsAPhone(page);
  await picture(page, "audit-log");

  await section(page, "Messages");
  await page.getByLabel("State").selectOption({ index: 2 });
  await expect(page.getByRole("cell", { name: "verify_email" })).toBeVisible();
  await accessible(page);

  await section(page, "Server");
  await confirm(page, "Make the next key");
  await expect(page.getByRole("cell", { name: "Next" })).toBeVisible();
  await page.getByText("Passwords", { exact: true }).click();
  await expect(page.getByRole("cell", { name: "PASSWORD_MIN_LENGTH" })).toBeVisible();
  await accessible(page);
  await fitsAPhone(page);
  expect(faults).toEqual([]);
});

test("messages are listed page by page", async ({ page, server }) => {
  const faults = watch(page);
  const people = 51; // one more than a page holds
  for (let i = 0; i < people; i++) {
    const email = `person${i}@example.org`;
    expect((await server.post("/api/v1/auth/register", { email, password })).status).toBe(202);
  }
  const secret = await openOffice(page, server);
  await prove(page, secret);
  await section(page, "Messages");
  await expect(page.getByText("There is nothing here.")).toBeVisible(); // none is dead
  await page.getByLabel("State").selectOption({ index: 2 });
  await expect(page.getByRole("row")).toHaveCount(50 + 1);
  await page.getByRole("button", { name: "Show more" }).click();
  await expect(page.getByRole("cell", { name: "verify_email" })).toHaveCount(people);
  await expect(page.getByRole("button", { name: "Show more" })).toHaveCount(0);
  await accessible(page);
  expect(faults).toEqual([]);
});

test("PW-13 the link that the first start prints makes the administrator, once", async ({ page, server }) => {
  const faults = watch(page);
  await expect.poll(() => server.setupLink()).not.toBe("");
  const link = server.setupLink();
  const submit = async () => {
    await page.goto(link);
    await page.getByLabel("E-mail address").fill(root);
    await page.getByLabel(/^Password/).fill(password);
    await page.getByRole("button", { name: "Create administrator" }).click();
  };
  await submit();
  await expect(page.getByRole("status")).toContainText("The administrator is created.");
  await accessible(page);
  await fitsAPhone(page);
  await page.goto("about:blank");
  await submit();
  await expect(page.getByRole("status")).toContainText("expired");
  await signInTo(page, server, root, "/administration");
  await expect(page.getByRole("alert").first()).toContainText("second factor"); // a password alone administers nothing
  expect(faults).toEqual([]);
});
