import { expect, type Page } from "@playwright/test";
import { password, type Server, test } from "./server.ts";

const email = "ada@example.org";

/** Signs in on the demo page and waits for the open socket. */
async function signIn(page: Page, server: Server) {
  await page.goto(`${server.url}/demo`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(state(page)).toHaveAttribute("data-state", "open");
}

const state = (page: Page) => page.getByTestId("connection");

/** Opens a bare WebSocket in the page with that token; returns how it went. */
async function raw(page: Page, token: string): Promise<string> {
  return page.evaluate(
    (t) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/ws`, [
          "sallyport.v1",
          `sallyport.token.${t}`,
        ]);
        socket.onmessage = (m) => resolve(JSON.parse(m.data).type);
        socket.onclose = (c) => resolve(`closed ${c.code}`);
      }),
    token,
  );
}

test("WS-02 a page connects with a token; without, with a forged and with a revoked one it is refused", async ({
  page,
  server,
}) => {
  await server.person(email);
  const { access_token: token } = await server.signIn(email);
  await page.goto(`${server.url}/demo`);
  expect(await raw(page, token)).toBe("welcome");
  expect(await raw(page, "")).toBe("closed 1006");
  const forged = `${token.slice(0, -8)}${token.slice(-8, -4) === "AAAA" ? "BBBB" : "AAAA"}${token.slice(-4)}`;
  expect(await raw(page, forged)).toBe("closed 1006");
  expect((await server.post("/api/v1/auth/logout", {}, token)).status).toBe(204);
  expect(await raw(page, token)).toBe("closed 1006");
});

test.describe("with tokens that live a minute", () => {
  test.use({ environ: { ACCESS_TOKEN_LIFE: "65s" } });

  test("WS-04 the page sends a fresh token before the old one expires, and an expired one is refused", async ({
    page,
    server,
  }) => {
    await server.person(email);
    const { access_token: old } = await server.signIn(email);
    const expired = Date.now() + 66_000;
    const sent: string[] = [];
    page.on("websocket", (ws) => ws.on("framesent", (f) => sent.push(JSON.parse(String(f.payload)).type)));
    await signIn(page, server);
    await expect.poll(() => sent, { timeout: 40_000 }).toContain("auth");
    await expect.poll(() => Date.now() > expired, { timeout: 70_000 }).toBe(true);
    expect(await raw(page, old)).toBe("closed 1006");
    // The page's own first token has expired too by now; its socket never closed.
    await expect(state(page)).toHaveAttribute("data-state", "open");
    await expect(page.getByTestId("reason")).toHaveCount(0);
  });
});

test("TK-11 a sign-out in another tab closes the socket at once", async ({ page, context, server }) => {
  await server.person(email);
  await signIn(page, server);
  const other = await context.newPage();
  await other.goto(`${server.url}/demo`);
  await expect(state(other)).toHaveAttribute("data-state", "open");
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible({ timeout: 2_000 });
});

test("TK-11 a session ended elsewhere closes the socket with 4001, and the page says so", async ({ page, server }) => {
  await server.person(email);
  const codes: number[] = [];
  await page.exposeFunction("tellClose", (code: number) => codes.push(code));
  await page.addInitScript(() => {
    const own = window.WebSocket;
    window.WebSocket = class extends own {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        this.addEventListener("close", (c) => Reflect.get(window, "tellClose")(c.code));
      }
    };
  });
  await signIn(page, server);
  const { access_token: elsewhere } = await server.signIn(email);
  const ended = await fetch(`${server.url}/api/v1/me/sessions`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${elsewhere}` },
  });
  expect(ended.status).toBe(204);
  await expect.poll(() => codes, { timeout: 2_000 }).toEqual([4001]);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("WS-10 the page comes back after a restart and is sent events again", async ({ page, server }) => {
  await server.person(email);
  await signIn(page, server);
  const { user } = await server.signIn(email);
  await server.publish(user.id, "order.paid", { order: 1 });
  await expect(page.getByText("order.paid")).toBeVisible();
  await expect(page.getByTestId("round-trip")).toContainText("ms");
  await server.stop();
  await expect(state(page)).not.toHaveAttribute("data-state", "open");
  await server.start();
  await expect(state(page)).toHaveAttribute("data-state", "open", { timeout: 60_000 });
  await server.publish(user.id, "order.sent", { order: 1 });
  await expect(page.getByText("order.sent")).toBeVisible();
});

test.describe("with few messages allowed", () => {
  test.use({ environ: { WS_MESSAGES_PER_MINUTE: "20" } });

  test("WS-06 a page that floods is closed with 4029", async ({ page, server }) => {
    await server.person(email);
    const { access_token: token } = await server.signIn(email);
    await page.goto(`${server.url}/demo`);
    const code = await page.evaluate(
      (t) =>
        new Promise<number>((resolve) => {
          const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/ws`, [
            "sallyport.v1",
            `sallyport.token.${t}`,
          ]);
          socket.onclose = (c) => resolve(c.code);
          socket.onopen = () => {
            for (let i = 0; i < 50; i++) {
              socket.send(JSON.stringify({ type: "ping", id: String(i) }));
            }
          };
        }),
      token,
    );
    expect(code).toBe(4029);
  });
});
