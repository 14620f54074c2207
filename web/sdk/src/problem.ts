import type { components } from "./api.ts";

/** A refusal as the server says it (RFC 9457); switch on code, which never changes. */
export type ProblemDocument = components["schemas"]["Problem"];

/** Thrown wherever the server refuses. The message is the problem's detail. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly document: ProblemDocument;

  constructor(document: ProblemDocument) {
    super(document.detail);
    this.document = document;
  }

  get code(): string {
    return this.document.code;
  }

  get status(): number {
    return this.document.status;
  }

  /** Milliseconds to wait before the next try; 0 where the server does not say. */
  get retryAfterMs(): number {
    return (this.document.retry_after ?? 0) * 1000;
  }

  /** Whether the server says that what was shown will never do, so that trying again is useless. */
  get final(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 408 && this.status !== 429;
  }
}

/** Reads a refusal; an answer that is no problem document (a proxy's page) becomes one. */
export async function problemOf(response: Response): Promise<Problem> {
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("problem+json")) {
    return new Problem(await response.json());
  }
  const after = Number(response.headers.get("retry-after"));
  return new Problem({
    type: "about:blank",
    title: "Unexpected answer",
    status: response.status,
    detail: `The server answered with status ${response.status}.`,
    code: "unexpected_answer",
    ...(after > 0 ? { retry_after: after } : {}),
  });
}
