// Answers ceremonies line by line: {"op":"create"|"get","origin":…,"options":…}
// in, the credential's JSON out, or {"error":…}.
import { createInterface } from "node:readline";
import nid from "nid-webauthn-emulator";

const { default: WebAuthnEmulator, AuthenticatorEmulator } = nid;

const algorithm = process.argv[2];
const emulator = new WebAuthnEmulator(new AuthenticatorEmulator({ algorithmIdentifiers: [algorithm] }));

for await (const line of createInterface({ input: process.stdin })) {
  const { op, origin, options } = JSON.parse(line);
  let answer;
  try {
    answer = op === "create" ? emulator.createJSON(origin, options) : emulator.getJSON(origin, options);
  } catch (e) {
    answer = { error: String(e) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
