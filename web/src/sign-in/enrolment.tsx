import { Button, Stack, Text } from "@mantine/core";
import type { SignIn } from "@sallyport/client";
import { useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Page } from "../frame/page.tsx";
import { useAction } from "../frame/use-action.ts";
import { type Attempt, sendCode, showCode } from "../proof/attempt.ts";
import { makePasskey, passkeysHere, wasDismissed } from "../proof/passkey.ts";
import { Digits } from "../proof/proof.tsx";
import { SentCode } from "../proof/sent-code.tsx";
import { App, confirmApp, Phone, type Setup } from "../proof/set-up.tsx";
import { words } from "../words/sign-in.ts";

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
          <Phone asked={attempt}>
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
