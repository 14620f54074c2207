import { Anchor, Button, Checkbox, Divider, Stack, Text } from "@mantine/core";
import { Problem, type SignIn } from "@sallyport/client";
import { type FormEvent, useState } from "react";
import { Failure } from "../frame/failure.tsx";
import { Page } from "../frame/page.tsx";
import { type Action, useAction } from "../frame/use-action.ts";
import { words } from "../words/sign-in.ts";
import { type Attempt, type CodeMethod, sendCode, showCode } from "./attempt.ts";
import { BackupCodeField, CodeField } from "./code-field.tsx";
import { proveWithPasskey, wasDismissed } from "./passkey.ts";
import { SentCode } from "./sent-code.tsx";

type Method = NonNullable<SignIn["methods"]>[number];

/** The second proof of a sign-in: the methods of the account, one at a time. */
export function SecondFactor(props: {
  attempt: Attempt;
  onAnswer(answer: SignIn | undefined): void;
  onRestart(): void;
}) {
  const methods = props.attempt.answer.methods ?? [];
  const [method, setMethod] = useState(methods[0]);
  const [remember, setRemember] = useState(false);
  const action = useAction();
  const days = Math.round((props.attempt.answer.remember_for ?? 0) / 86_400);

  function prove(work: () => Promise<SignIn | undefined>, failed?: () => void) {
    action.run(async () => {
      try {
        props.onAnswer(await work());
      } catch (error) {
        failed?.();
        throw wasDismissed(error) ? words.passkeyRefused : error;
      }
    });
  }

  const over = action.error instanceof Problem && action.error.code === "attempt_expired";
  return (
    <Page title={words.secondTitle}>
      <Stack>
        <Failure error={action.error} />
        {over ? (
          <Button onClick={props.onRestart}>{words.startAgain}</Button>
        ) : (
          <>
            {method !== undefined && (
              <Proof
                key={method.type + (method.id ?? "")}
                {...{ method, action, attempt: props.attempt }}
                onCode={(code, failed) =>
                  prove(() => showCode(props.attempt, method.type as CodeMethod, code, remember), failed)
                }
                onPasskey={() => prove(() => proveWithPasskey(props.attempt.headers, remember))}
              />
            )}
            {days > 0 && (
              <Checkbox
                label={words.remember(days)}
                checked={remember}
                onChange={(e) => setRemember(e.currentTarget.checked)}
              />
            )}
            {methods.length > 1 && <Divider label={words.otherMethod} />}
            {methods
              .filter((m) => m !== method)
              .map((m) => (
                <Button
                  key={m.type + (m.id ?? "")}
                  variant="default"
                  onClick={() => {
                    action.fail(undefined);
                    setMethod(m);
                  }}
                >
                  {`${words.methods[m.type] ?? m.type}${m.hint === undefined ? "" : ` · ${m.hint}`}`}
                </Button>
              ))}
            <Anchor component="button" type="button" size="sm" onClick={props.onRestart}>
              {words.startAgain}
            </Anchor>
          </>
        )}
      </Stack>
    </Page>
  );
}

/** The question of one method. */
function Proof(props: {
  method: Method;
  attempt: Attempt;
  action: Action;
  onCode(code: string, failed: () => void): void;
  onPasskey(): void;
}) {
  const { method, attempt, action } = props;
  const digits = (
    <Digits lead={method.type === "totp" ? words.totpLead : undefined} action={action} onCode={props.onCode} />
  );
  switch (method.type) {
    case "passkey":
      return (
        <>
          <Text>{words.passkeyLead}</Text>
          <Button loading={action.busy} onClick={props.onPasskey}>
            {words.passkeyShow}
          </Button>
        </>
      );
    case "backup_code":
      return <BackupCode action={action} onCode={props.onCode} />;
    case "sms":
    case "email": {
      const channel = method.type;
      return (
        <SentCode hint={method.hint} send={() => sendCode(attempt, channel, method.id)}>
          {digits}
        </SentCode>
      );
    }
    default:
      return digits;
  }
}

/** Six digits, sent when the last is typed and emptied when they were wrong. */
export function Digits(props: {
  lead: string | undefined;
  action: Action;
  onCode(code: string, failed: () => void): void;
}) {
  const [code, setCode] = useState("");
  return (
    <Stack>
      {props.lead !== undefined && <Text>{props.lead}</Text>}
      <CodeField
        value={code}
        error={props.action.error !== undefined && code === ""}
        disabled={props.action.busy}
        onChange={setCode}
        onComplete={(whole) => props.onCode(whole, () => setCode(""))}
      />
    </Stack>
  );
}

function BackupCode(props: { action: Action; onCode(code: string, failed: () => void): void }) {
  const [code, setCode] = useState("");
  function submit(event: FormEvent) {
    event.preventDefault();
    props.onCode(code, () => setCode(""));
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{words.backupLead}</Text>
        <BackupCodeField value={code} onChange={setCode} />
        <Button type="submit" loading={props.action.busy}>
          {words.confirm}
        </Button>
      </Stack>
    </form>
  );
}
