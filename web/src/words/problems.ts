import { Problem } from "@sallyport/client";

/** What a person is told for a code, where the server's own sentence speaks to programs. */
const byCode: Record<string, string> = {
  invalid_credentials: "The e-mail address or the password is wrong.",
  invalid_code: "This code is wrong, already used, or too old. Take the newest one.",
  attempt_expired: "This took too long. Please sign in again.",
  challenge_expired: "This took too long. Please try again.",
  email_not_verified: "Open the link that we sent to your mailbox first.",
  rate_limited: "Too many tries. Please wait a while.",
  server_busy: "There is a rush just now. Please try again in a moment.",
  temporarily_unavailable: "Something we need does not answer. Please try again in a moment.",
  user_verification_required: "Unlock the passkey with its PIN, your fingerprint or your face.",
};

const unreachable = "The server does not answer. Check your connection and try again.";

/** One sentence for whatever went wrong. */
export function sentence(error: unknown): string {
  if (!(error instanceof Problem)) {
    return unreachable;
  }
  const text = byCode[error.code] ?? error.message;
  const seconds = Math.ceil(error.retryAfterMs / 1000);
  return seconds > 0 ? `${text} (${waiting(seconds)})` : text;
}

function waiting(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

/** The sentence for one field of a form, if the problem names it. */
export function fieldSentence(error: unknown, name: string): string | undefined {
  if (!(error instanceof Problem)) {
    return undefined;
  }
  const fields = error.document.fields ?? [];
  const own = fields.filter((f) => f.path === name || f.path === `body.${name}`);
  return own.length === 0 ? undefined : own.map((f) => f.message).join(" ");
}
