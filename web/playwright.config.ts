import { defineConfig } from "@playwright/test";

/**
 * Journeys in a real Chromium on the built binary, on both engines where a page shows what the database holds;
 * `make test-web` builds both first.
 */
export default defineConfig({
  testDir: "browser",
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  globalSetup: "./browser/postgres.ts",
  projects: [
    { name: "sqlite" },
    {
      name: "postgres",
      use: { engine: "postgres" } as object,
      testMatch: ["sign-in.spec.ts", "account.spec.ts", "administration.spec.ts"],
    },
  ],
  outputDir: "../test-results",
  use: {
    viewport: { width: 1024, height: 720 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-sync",
      ],
    },
  },
});
