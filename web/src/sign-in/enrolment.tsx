import { Button, Stack, Text, TextInput } from "@mantine/core";
import type { components, SignIn } from "@sallyport/client";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Page } from "../frame/page.tsx";
import { type Action, useAction } from "../frame/use-action.ts";
import { type Attempt, sendCode, showCode } from "../proof/attempt.ts";
import { makePasskey, passkeysHere, wasDismissed } from "../proof/passkey.ts";
import { Digits } from "../proof/proof.tsx";
import { SentCode } from "../proof/sent-code.tsx";
import { fieldSentence } from "../words/problems.ts";
import { words } from "../words/sign-in.ts";

type Setup = components["schemas"]["TOTPSetup"];

/** Sets a second factor up in a sign-in whose account needs one and has none. */
export function Enrolment(props: { attempt: Attempt; onAnswer(answer: SignIn | undefined): void; onRestart(): void }) {
  const { attempt } = props;
  const allowed = (attempt.answer.allowed ?? []).filter((m) => m !== "passkey" || passkeysHere);
  const [chosen, setChosen] = useState<string>();
  const [setup, setSetup] = useState<Setup>();
  const action = useAction();

  const finish = (work: () => Promise<SignIn | undefined>, failed?: () => void) =>
    action.run(async () => {
      try {
        props.onAnswer(await work());
      } catch (error) {
        failed?.();
        throw wasDismissed(error) ? words.passkeyRefused : error;
      }
    });

  function choose(method: string) {
    if (method === "passkey") {
      finish(() => makePasskey(attempt.headers));
    } else if (method === "totp") {
      action.run(async () => {
        const { data } = await client.api.POST("/api/v1/mfa/totp/setup", { body: {}, headers: attempt.headers });
        setSetup(data);
        setChosen(method);
      });
    } else {
      setChosen(method);
    }
  }

  return (
    <Page title={words.enrolTitle}>
      <Stack>
        <Failure error={action.error} />
        {chosen === undefined && (
          <>
            <Text>{words.enrolLead}</Text>
            {allowed.map((m) => (
              <Button key={m} variant="default" loading={action.busy} onClick={() => choose(m)}>
                {m === "passkey" ? words.addPasskey : (words.methods[m] ?? m)}
              </Button>
            ))}
          </>
        )}
        {chosen === "totp" && setup !== undefined && (
          <App
            setup={setup}
            action={action}
            onCode={(code, failed) => finish(() => confirmApp(attempt, code), failed)}
          />
        )}
        {chosen === "email" && (
          <>
            <Text size="sm">{words.emailLead}</Text>
            <SentCode hint={words.email} send={() => sendCode(attempt, "email", undefined)}>
              <Digits
                lead={undefined}
                action={action}
                onCode={(code, failed) => finish(() => showCode(attempt, "email", code, false), failed)}
              />
            </SentCode>
          </>
        )}
        {chosen === "sms" && (
          <Phone attempt={attempt}>
            <Digits
              lead={undefined}
              action={action}
              onCode={(code, failed) => finish(() => showCode(attempt, "sms", code, false), failed)}
            />
          </Phone>
        )}
        <Button variant="subtle" onClick={props.onRestart}>
          {words.startAgain}
        </Button>
      </Stack>
    </Page>
  );
}

async function confirmApp(attempt: Attempt, code: string): Promise<SignIn | undefined> {
  return (await client.api.POST("/api/v1/mfa/totp/verify-setup", { body: { code }, headers: attempt.headers })).data;
}

function App(props: { setup: Setup; action: Action; onCode(code: string, failed: () => void): void }) {
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
function Phone(props: { attempt: Attempt; children: React.ReactNode }) {
  const [phone, setPhone] = useState("");
  const [sentTo, setSentTo] = useState<string>();
  const action = useAction();
  function submit(event: FormEvent) {
    event.preventDefault();
    action.run(async () => {
      const { data } = await client.api.POST("/api/v1/mfa/sms/send", {
        body: { phone },
        headers: props.attempt.headers,
      });
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
