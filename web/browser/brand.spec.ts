import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { expect } from "@playwright/test";
import { freePort } from "./free-port.ts";
import { accessible, picture, watch } from "./page-checks.ts";
import { password, test } from "./server.ts";

const email = "ada@example.org";

test.describe("with a name, a logo and a colour of its own", () => {
  test.use({
    environ: {
      APP_NAME: "Lighthouse",
      THEME_COLOR: "#8a1c4a",
      THEME_LOGO: fileURLToPath(new URL("../start/favicon.svg", import.meta.url)),
      SIGNUP: "off",
    },
  });

  test("the hosted pages show them, keep the content policy, and offer no sign-up", async ({ page, server }) => {
    const faults = watch(page);
    await page.goto(`${server.url}/sign-in`);
    await expect(page.getByText("Lighthouse")).toBeVisible();
    const button = page.getByRole("button", { name: "Sign in", exact: true });
    await expect(button).toHaveCSS("background-color", "rgb(138, 28, 74)");
    expect(await page.locator("img.logo").evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);
    await expect(page.getByRole("link", { name: "Create an account" })).toHaveCount(0);
    await accessible(page);
    await picture(page, "own-colours");
    expect(faults).toEqual([]);
  });
});

test("OA-11 a sign-in leads back to another application of the list, and to no other", async ({ page, server }) => {
  const port = await freePort();
  const application = createServer((_, response) => response.end("the application")).listen(port, "127.0.0.1");
  const home = `http://127.0.0.1:${port}/orders?open=1`;
  try {
    await server.person(email);
    await server.restart({ CORS_ORIGINS: `http://127.0.0.1:${port}` });
    const signIn = async (to: string) => {
      await page.goto(`${server.url}/sign-in?return_to=${encodeURIComponent(to)}`);
      await page.getByLabel("E-mail address").fill(email);
      await page.getByRole("textbox", { name: "Password" }).fill(password);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
    };
    await signIn(`http://127.0.0.1:${port + 1}/`);
    await expect(page.getByRole("heading", { name: "You are signed in" })).toBeVisible();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByLabel("E-mail address")).toBeVisible();
    await signIn(home);
    await page.waitForURL(home);
    await expect(page.getByText("the application")).toBeVisible();
  } finally {
    application.close();
  }
});
