import { Button, Stack, Text, TextInput } from "@mantine/core";
import type { components, SignIn } from "@sallyport/client";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { type Action, useAction } from "../frame/use-action.ts";
import { fieldSentence } from "../words/problems.ts";
import { words } from "../words/sign-in.ts";
import type { Asked } from "./attempt.ts";
import { Digits } from "./proof.tsx";

/** What an authenticator app is set up with. */
export type Setup = components["schemas"]["TOTPSetup"];

/** Shows the first code of an app. */
export async function confirmApp(asked: Asked, code: string): Promise<SignIn | undefined> {
  return (await client.api.POST("/api/v1/mfa/totp/verify-setup", { body: { code }, headers: asked.headers })).data;
}

/** The picture for an app, then its first code. */
export function App(props: { setup: Setup; action: Action; onCode(code: string, failed: () => void): void }) {
  return (
    <Stack>
      <Text>{words.appLead}</Text>
      <img src={props.setup.qr} alt={words.qrAlt} width="200" height="200" />
      <Text size="sm">
        {words.appSecret} <span className="secret">{props.setup.secret}</span>
      </Text>
      <Digits lead={undefined} action={props.action} onCode={props.onCode} />
    </Stack>
  );
}

/** A phone number, then the code that it gets. */
export function Phone(props: {
  asked: Asked;
  /** Through what a session asks, where a fresh proof may be demanded. */
  guarded?: <T>(work: () => Promise<T>) => Promise<T>;
  children: React.ReactNode;
}) {
  const [phone, setPhone] = useState("");
  const [sentTo, setSentTo] = useState<string>();
  const action = useAction();
  function submit(event: FormEvent) {
    event.preventDefault();
    action.run(async () => {
      const send = () => client.api.POST("/api/v1/mfa/sms/send", { body: { phone }, headers: props.asked.headers });
      const { data } = await (props.guarded === undefined ? send() : props.guarded(send));
      setSentTo(data?.hint);
    });
  }
  return (
    <Stack>
      <Text size="sm">{words.smsLead}</Text>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={words.phone}
            type="tel"
            autoComplete="tel"
            required
            value={phone}
            error={fieldSentence(action.error, "phone")}
            onChange={(e) => setPhone(e.currentTarget.value)}
          />
          <Failure error={action.error} />
          <Button type="submit" variant={sentTo === undefined ? "filled" : "default"} loading={action.busy}>
            {words.sendCode}
          </Button>
        </Stack>
      </form>
      {sentTo !== undefined && (
        <>
          <Text role="status">{words.sentTo(sentTo)}</Text>
          {props.children}
        </>
      )}
    </Stack>
  );
}
