import { gzipSync } from "node:zlib";
import { expect } from "@playwright/test";
import { test } from "./server.ts";

/** Bytes of script, as they travel, that a person waits for before they can sign in. */
const limit = 120_000;

test("the sign-in room loads little script, and nothing from elsewhere", async ({ page, server }) => {
  const foreign: string[] = [];
  let bytes = 0;
  const bodies: Promise<void>[] = [];
  page.on("response", (response) => {
    if (!response.url().startsWith(server.url)) {
      foreign.push(response.url());
    }
    if (response.request().resourceType() === "script") {
      bodies.push(
        response.body().then((body) => {
          bytes += gzipSync(body).length;
        }),
      );
    }
  });
  await page.goto(`${server.url}/sign-in`);
  await expect(page.getByLabel("E-mail address")).toBeVisible();
  await Promise.all(bodies);
  expect(foreign).toEqual([]);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(limit);
});

test("the sign-in page does not jump while it loads", async ({ page, server }) => {
  await page.addInitScript(() => {
    Reflect.set(window, "shift", 0);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        Reflect.set(window, "shift", Reflect.get(window, "shift") + Reflect.get(entry, "value"));
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(`${server.url}/sign-in`);
  await expect(page.getByLabel("E-mail address")).toBeVisible();
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => Reflect.get(window, "shift"))).toBeLessThan(0.1); // "good" by Core Web Vitals
});
