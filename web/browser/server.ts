import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "@playwright/test";
import { freePort } from "./free-port.ts";
import { emptyDatabase } from "./postgres.ts";
import { Provider } from "./provider.ts";

const binary = join(import.meta.dirname, "../../bin/sallyport");
/** A key of a backend, as the program's own command makes it. */
const serviceKey = /spk_\S+/.exec(execFileSync(binary, ["key", "service", "browser"], { encoding: "utf8" }))?.[0] ?? "";

/** A password that the rules take. */
export const password = "seven geese crossed the frozen canal";

/** What an authenticator app shows now for that key. */
export const appCode = (secret: string, when = "now") =>
  execFileSync("oathtool", ["--totp", "--base32", "--now", when, secret], { encoding: "utf8" }).trim();

/** The program in a folder of its own on SQLite, with the dev inbox. */
export class Server {
  readonly url: string;
  readonly #folder: string;
  readonly #environ: Record<string, string>;
  #process: ChildProcess | undefined;
  #said = "";

  constructor(port: number, folder: string, environ: Record<string, string>) {
    this.url = `http://localhost:${port}`;
    this.#folder = folder;
    this.#environ = {
      PUBLIC_URL: this.url,
      LISTEN_ADDR: `127.0.0.1:${port}`,
      METRICS_ADDR: "",
      DATABASE_URL: `sqlite:${join(folder, "sallyport.db")}`,
      SERVICE_KEYS: `browser:${serviceKey}`,
      RATE_REGISTER_IP: "1000/1m",
      RATE_LOGIN_IP: "1000/1m",
      RATE_FORGOT_IP: "1000/1m",
      ...environ,
    };
  }

  /** Starts the program and waits until it is ready. */
  async start(): Promise<void> {
    const { PATH = "" } = process.env;
    const child = spawn(binary, ["serve"], {
      cwd: this.#folder,
      env: { PATH, ...this.#environ },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stdout?.on("data", (text) => {
      this.#said += text;
    });
    child.stderr?.on("data", (text) => {
      said += text;
    });
    this.#process = child;
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
      const ready = await fetch(`${this.url}/api/v1/health/ready`).catch(() => undefined);
      if (ready?.ok) {
        return;
      }
      if (child.exitCode !== null) {
        throw new Error(`the server ended at its start with ${child.exitCode}: ${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("the server is not ready after 20 s");
  }

  /** Starts the program anew with further settings. */
  async restart(environ: Record<string, string>): Promise<void> {
    await this.stop();
    Object.assign(this.#environ, environ);
    await this.start();
  }

  /** Ends the program as an operator does. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    }
  }

  async post(path: string, body: unknown, bearer?: string): Promise<Response> {
    return fetch(this.url + path, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify(body),
    });
  }

  /** Makes a person whose address is verified. */
  async person(email: string): Promise<void> {
    await this.post("/api/v1/auth/register", { email, password });
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
      const messages: { to: string; token?: string }[] = await (await fetch(`${this.url}/dev/inbox/messages`)).json();
      const token = messages.find((m) => m.to === email)?.token;
      if (token !== undefined) {
        const verified = await this.post("/api/v1/auth/email/verify", { token });
        if (!verified.ok) {
          throw new Error(`verifying ${email}: got status ${verified.status}`);
        }
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no mail to ${email} after 10 s`);
  }

  /** Signs a person in as a program does, and returns the tokens. */
  async signIn(email: string): Promise<{ access_token: string; refresh_token: string; user: { id: string } }> {
    return (await this.post("/api/v1/auth/login", { email, password })).json();
  }

  /** The one-time link for the first administrator, as the program prints it. */
  setupLink(): string {
    return /http\S+\/setup#token=\S+/.exec(this.#said)?.[0] ?? "";
  }

  /** Makes an administrator at the command line. */
  admin(email: string): void {
    const { PATH = "" } = process.env;
    execFileSync(binary, ["user", "create", email, "--admin"], {
      cwd: this.#folder,
      env: { PATH, ...this.#environ },
      input: `${password}\n`,
    });
  }

  /** Sets an authenticator app up as a program does, and returns its key. */
  async setUpApp(email: string): Promise<string> {
    const { access_token: token } = await this.signIn(email);
    const { secret } = await (await this.post("/api/v1/mfa/totp/setup", {}, token)).json();
    // The code before the one of now, so that the one of now is still there to sign in with. It is good
    // until the next code comes, so it is not taken in the last seconds before that.
    const left = 30_000 - (Date.now() % 30_000);
    if (left < 10_000) {
      await new Promise((resolve) => setTimeout(resolve, left));
    }
    const code = appCode(secret, "30 seconds ago");
    const confirmed = await this.post("/api/v1/mfa/totp/verify-setup", { code }, token);
    if (!confirmed.ok) {
      throw new Error(`setting an app up for ${email}: got status ${confirmed.status}`);
    }
    return secret;
  }

  /** The messages so far, newest first. */
  async messages(): Promise<{ to: string; kind: string; link?: string; code?: string; token?: string }[]> {
    return (await fetch(`${this.url}/dev/inbox/messages`)).json();
  }

  /** Publishes an event as a backend does. */
  async publish(user: string, name: string, data: unknown): Promise<Response> {
    return this.post("/api/v1/realtime/publish", { user, name, data }, serviceKey);
  }
}

/** A test with a server of its own; environ gives settings beyond the usual. */
export const test = base.extend<{
  environ: Record<string, string>;
  engine: "sqlite" | "postgres";
  /** A provider that the server knows; it runs for tests that name it. */
  provider: Provider;
  server: Server;
}>({
  environ: [{}, { option: true }],
  engine: ["sqlite", { option: true }],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of a fixture's needs from its pattern
  provider: async ({}, use) => {
    const provider = new Provider(await freePort());
    await use(provider);
    await provider.stop();
  },
  server: async ({ environ, engine, provider }, use) => {
    const folder = await mkdtemp(join(tmpdir(), "sallyport-browser-"));
    const port = await freePort();
    const database: Record<string, string> =
      engine === "postgres" ? { DATABASE_URL: emptyDatabase(`t${port}_${Date.now()}`) } : {};
    const server = new Server(port, folder, { ...provider.environ, ...database, ...environ });
    await server.start();
    try {
      await use(server);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true });
    }
  },
});
