import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Page } from "@playwright/test";

const folder = join(import.meta.dirname, "../../internal/testbed/certified");

/** A certified OpenID provider, the npm package oidc-provider, which the program knows as "corp". */
export class Provider {
  readonly environ: Record<string, string>;
  readonly #port: number;
  #process: ChildProcess | undefined;

  constructor(port: number) {
    this.#port = port;
    this.environ = {
      OIDC_PROVIDERS: "corp",
      OIDC_CORP_ISSUER: this.#issuer,
      OIDC_CORP_CLIENT_ID: "sallyport",
      OIDC_CORP_CLIENT_SECRET: "the client's own secret, for one test",
      OIDC_CORP_DISPLAY_NAME: "Corp",
    };
  }

  get #issuer(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Runs it for the server at that address. */
  async start(serverUrl: string): Promise<void> {
    const client = {
      client_id: this.environ.OIDC_CORP_CLIENT_ID,
      client_secret: this.environ.OIDC_CORP_CLIENT_SECRET,
      redirect_uris: [`${serverUrl}/api/v1/oauth/corp/callback`],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    };
    const settings = { port: this.#port, issuer: this.#issuer, claimsInToken: false, clients: [client] };
    const child = spawn("node", [join(folder, "server.mjs"), JSON.stringify(settings)], { stdio: "ignore" });
    this.#process = child;
    for (const deadline = Date.now() + 20_000; Date.now() < deadline && child.exitCode === null; ) {
      const known = await fetch(`${this.#issuer}/.well-known/openid-configuration`).catch(() => undefined);
      if (known?.ok) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("the provider does not answer; is it installed? make setup-test");
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    }
  }
}

/** Says who the person in front of the page is at the provider. */
export const isAtProvider = (page: Page, claims: Record<string, unknown>) =>
  page.setExtraHTTPHeaders({ "X-Account": Buffer.from(JSON.stringify(claims)).toString("base64") });
