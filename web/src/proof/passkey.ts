import type { SignIn } from "@sallyport/client";
import {
  browserSupportsWebAuthn,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from "@simplewebauthn/browser";
import { client } from "../frame/client.ts";
import { type Asked, through } from "./attempt.ts";

type RequestOptions = Parameters<typeof startAuthentication>[0]["optionsJSON"];
type CreationOptions = Parameters<typeof startRegistration>[0]["optionsJSON"];

/** Whether this browser has passkeys at all. */
export const passkeysHere = browserSupportsWebAuthn();

/** Ends an offer in the autofill that nobody took, so that another ceremony can begin. */
export function endOffer(): void {
  WebAuthnAbortService.cancelCeremony();
}

/** Signs in with a passkey: by a button, or offered in the autofill of the form. */
export async function signInWithPasskey(autofill: boolean): Promise<SignIn | undefined> {
  const { data } = await client.api.POST("/api/v1/webauthn/login/begin", { body: {} });
  const credential = await startAuthentication({
    optionsJSON: data?.publicKey as RequestOptions,
    useBrowserAutofill: autofill,
  });
  return (await client.api.POST("/api/v1/webauthn/login/finish", { body: { credential } })).data;
}

/** Answers a sign-in under way with a passkey. */
export async function proveWithPasskey(asked: Asked, remember: boolean): Promise<SignIn | undefined> {
  const { headers } = asked;
  const { data } = await through(asked).api.POST("/api/v1/webauthn/verify/begin", { headers });
  const credential = await startAuthentication({ optionsJSON: data?.publicKey as RequestOptions });
  const body = { credential, ...(remember ? { remember_device: true } : {}) };
  return (await through(asked).api.POST("/api/v1/webauthn/verify/finish", { body, headers })).data;
}

/** Makes a passkey, in the session or in a sign-in that must set a factor up. */
export async function makePasskey(headers: HeadersInit, name = ""): Promise<SignIn | undefined> {
  const { data } = await client.api.POST("/api/v1/webauthn/register/begin", { headers });
  const credential = await startRegistration({ optionsJSON: data?.publicKey as CreationOptions });
  const body = { credential, ...(name === "" ? {} : { name }) };
  return (await client.api.POST("/api/v1/webauthn/register/finish", { body, headers })).data;
}

/** Whether the person closed the browser's own window, which is no failure. */
export function wasDismissed(error: unknown): boolean {
  return error instanceof Error && (error.name === "NotAllowedError" || error.name === "AbortError");
}
