import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

/** Where the throw-away cluster of this run is, for the workers: "port folder-of-programs". */
const variable = "SALLYPORT_BROWSER_POSTGRES";

/** PostgreSQL does not run as root: there, its own user runs it. */
function unprivileged(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) {
    return {};
  }
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Starts a cluster that nobody else uses; the returned function ends it. */
export default async function startPostgres(): Promise<() => Promise<void>> {
  const programs = execFileSync("pg_config", ["--bindir"], { encoding: "utf8" }).trim();
  const as = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), "sallyport-postgres-"));
  if (as.uid !== undefined) {
    chownSync(folder, as.uid, as.gid);
  }
  const data = join(folder, "data");
  execFileSync(join(programs, "initdb"), ["-D", data, "-U", "sallyport", "-A", "trust", "-E", "UTF8", "--no-sync"], {
    ...as,
    cwd: folder,
    stdio: "pipe",
  });
  const port = await freePort();
  const options = ["-D", data, "-p", `${port}`, "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"];
  const server = spawn(join(programs, "postgres"), options, { ...as, cwd: folder, stdio: "ignore" });
  process.env[variable] = `${port} ${programs}`;
  await accepting(server, port, programs);
  return async () => {
    const ended = once(server, "exit");
    server.kill("SIGINT");
    await ended;
    rmSync(folder, { recursive: true });
  };
}

async function accepting(server: ChildProcess, port: number, programs: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline && server.exitCode === null; ) {
    try {
      execFileSync(join(programs, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", `${port}`]);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error("PostgreSQL does not answer after 30 s");
}

/** The address of an empty database of the run's cluster. */
export function emptyDatabase(name: string): string {
  const [port = "", programs = ""] = (process.env[variable] ?? "").split(" ");
  if (!existsSync(programs)) {
    throw new Error("the cluster of this run is not there");
  }
  execFileSync(join(programs, "createdb"), ["-h", "127.0.0.1", "-p", port, "-U", "sallyport", name]);
  return `postgres://sallyport@127.0.0.1:${port}/${name}?sslmode=disable`;
}
