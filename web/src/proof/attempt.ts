import type { Client, SignIn } from "@sallyport/client";
import { client } from "../frame/client.ts";

/** Who asks for a proof. */
export interface Asked {
  /** What its requests are sent with. */
  readonly headers: Record<string, string>;
  /** Through which they go, where it is not the session of these pages; see the merging of accounts. */
  readonly via?: Client;
}

/** A step-up inside the session: its requests carry the session's own token. */
export const inSession: Asked = { headers: {} };

/** A sign-in that waits for one more proof. */
export interface Attempt extends Asked {
  readonly answer: SignIn;
}

/** The attempt of an answer that waits. */
export function attemptOf(answer: SignIn, via: Client = client): Attempt {
  return { answer, via, headers: { Authorization: `Bearer ${answer.mfa_token}` } };
}

/** The client of whoever asks. */
export const through = (asked: Asked): Client => asked.via ?? client;

/** The factors whose codes are typed. */
export type CodeMethod = "totp" | "sms" | "email" | "backup_code";

const verify = {
  totp: "/api/v1/mfa/totp/verify",
  sms: "/api/v1/mfa/sms/verify",
  email: "/api/v1/mfa/email/verify",
  backup_code: "/api/v1/mfa/backup-codes/verify",
} as const;

/** Shows a code. */
export async function showCode(
  asked: Asked,
  method: CodeMethod,
  code: string,
  remember: boolean,
): Promise<SignIn | undefined> {
  const body = { code: code.trim(), ...(remember ? { remember_device: true } : {}) };
  return (await through(asked).api.POST(verify[method], { body, headers: asked.headers })).data;
}

/** Has a code sent to a number or mailbox that is set up; returns the masked address. */
export async function sendCode(asked: Asked, method: "sms" | "email", id: string | undefined): Promise<string> {
  const { data } =
    method === "sms"
      ? await through(asked).api.POST("/api/v1/mfa/sms/send", {
          body: id === undefined ? {} : { id },
          headers: asked.headers,
        })
      : await through(asked).api.POST("/api/v1/mfa/email/send", { headers: asked.headers });
  return data?.hint ?? "";
}
