import { Button, Stack, Text } from "@mantine/core";
import type { SignIn } from "@sallyport/client";
import { useEffect, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Popup } from "../frame/popup.tsx";
import { useGuarded } from "../frame/step-up.tsx";
import { useAction } from "../frame/use-action.ts";
import { inSession, sendCode, showCode } from "../proof/attempt.ts";
import { Digits } from "../proof/proof.tsx";
import { SentCode } from "../proof/sent-code.tsx";
import { App, confirmApp, Phone, type Setup } from "../proof/set-up.tsx";
import { words } from "../words/account.ts";
import { words as common } from "../words/sign-in.ts";

/** The factors that are set up with a code. */
export type Addable = "totp" | "sms" | "email";

const titles: Record<Addable, string> = { totp: words.addApp, sms: words.addSms, email: words.addEmail };

/** Sets a factor up in a window; the first one brings backup codes. */
export function AddFactor(props: {
  method: Addable;
  onClose(): void;
  onAdded(codes: readonly string[] | null | undefined): void;
}) {
  const action = useAction();
  const guarded = useGuarded();
  const confirm = (work: () => Promise<SignIn | undefined>, failed: () => void) =>
    action.run(async () => {
      try {
        props.onAdded((await guarded(work))?.backup_codes);
      } catch (error) {
        failed();
        throw error;
      }
    });

  return (
    <Popup title={titles[props.method]} onClose={props.onClose}>
      <Stack>
        <Failure error={action.error} />
        {props.method === "totp" && (
          <NewApp {...{ action }} onCode={(code, failed) => confirm(() => confirmApp(inSession, code), failed)} />
        )}
        {props.method === "sms" && (
          <Phone asked={inSession} guarded={guarded}>
            <Digits
              lead={undefined}
              action={action}
              onCode={(code, failed) => confirm(() => showCode(inSession, "sms", code, false), failed)}
            />
          </Phone>
        )}
        {props.method === "email" && (
          <>
            <Text>{words.sendFirst}</Text>
            <Text size="sm">{common.emailLead}</Text>
            <SentCode
              hint={client.session.user?.email}
              send={() => guarded(() => sendCode(inSession, "email", undefined))}
            >
              <Digits
                lead={undefined}
                action={action}
                onCode={(code, failed) => confirm(() => showCode(inSession, "email", code, false), failed)}
              />
            </SentCode>
          </>
        )}
        <Button variant="default" onClick={props.onClose}>
          {words.cancel}
        </Button>
      </Stack>
    </Popup>
  );
}

function NewApp(props: { action: ReturnType<typeof useAction>; onCode(code: string, failed: () => void): void }) {
  const [setup, setSetup] = useState<Setup>();
  const { run, error } = useAction();
  const guarded = useGuarded();
  useEffect(() => {
    run(async () => {
      setSetup((await guarded(() => client.api.POST("/api/v1/mfa/totp/setup", { body: {} }))).data);
    });
  }, [run, guarded]);
  return (
    <>
      <Failure error={error} />
      {setup !== undefined && <App setup={setup} action={props.action} onCode={props.onCode} />}
    </>
  );
}
