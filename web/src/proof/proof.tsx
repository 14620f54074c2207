import { Button, Stack, Text } from "@mantine/core";
import type { SignIn } from "@sallyport/client";
import { type FormEvent, useState } from "react";
import type { Action } from "../frame/use-action.ts";
import { words } from "../words/sign-in.ts";
import { type Asked, sendCode } from "./attempt.ts";
import { BackupCodeField, CodeField } from "./code-field.tsx";
import { SentCode } from "./sent-code.tsx";

/** One factor that can be answered. */
export type Method = Pick<NonNullable<SignIn["methods"]>[number], "type" | "hint" | "id">;

/** The question of one method. */
export function Proof(props: {
  method: Method;
  asked: Asked;
  action: Action;
  onCode(code: string, failed: () => void): void;
  onPasskey(): void;
}) {
  const { method, asked, action } = props;
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
        <SentCode hint={method.hint} send={() => sendCode(asked, channel, method.id)}>
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
