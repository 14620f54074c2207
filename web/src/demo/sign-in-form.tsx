import { type Client, Problem, type SignIn } from "@sallyport/client";
import { type FormEvent, useState } from "react";
import { words } from "./words.ts";

/** E-mail address and password, then a code where one is asked for. */
export function SignInForm({ client }: { client: Client }) {
  const [attempt, setAttempt] = useState<SignIn>();
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFailure("");
    try {
      const answer = attempt === undefined ? await signIn(client, form) : await answerWithCode(client, attempt, form);
      if (answer?.status !== undefined) {
        setAttempt(answer);
        setFailure(hasCode(answer) ? "" : words.otherFactor);
      }
    } catch (error) {
      setFailure(error instanceof Problem ? error.message : words.unreachable);
      if (error instanceof Problem && error.code === "attempt_expired") {
        setAttempt(undefined);
      }
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit}>
      {attempt === undefined ? (
        <>
          <label>
            {words.email}
            <input name="email" type="email" autoComplete="username" required />
          </label>
          <label>
            {words.password}
            <input name="password" type="password" autoComplete="current-password" required />
          </label>
        </>
      ) : (
        <label>
          {words.code}
          <input name="code" autoComplete="one-time-code" required />
        </label>
      )}
      <button type="submit" disabled={busy}>
        {words.signIn}
      </button>
      <output className="failed">{failure}</output>
    </form>
  );
}

async function signIn(client: Client, form: FormData): Promise<SignIn | undefined> {
  const body = { email: String(form.get("email")), password: String(form.get("password")) };
  return (await client.api.POST("/api/v1/auth/login", { body })).data;
}

/** Six digits are an app's code; anything else is taken for a backup code. */
async function answerWithCode(client: Client, attempt: SignIn, form: FormData): Promise<SignIn | undefined> {
  const code = String(form.get("code")).trim();
  const path = /^\d{6}$/.test(code) ? "/api/v1/mfa/totp/verify" : "/api/v1/mfa/backup-codes/verify";
  const headers = { Authorization: `Bearer ${attempt.mfa_token}` };
  return (await client.api.POST(path, { body: { code }, headers })).data;
}

function hasCode(attempt: SignIn): boolean {
  return attempt.methods?.some((m) => m.type === "totp" || m.type === "backup_code") ?? false;
}
