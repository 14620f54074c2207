import { Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Page } from "../frame/page.tsx";
import { words } from "../words/sign-in.ts";

/** The new backup codes, shown once. */
export function BackupCodes(props: { codes: readonly string[]; onKept(): void }) {
  const [copied, setCopied] = useState(false);
  return (
    <Page title={words.codesTitle}>
      <Stack>
        <Text>{words.codesLead}</Text>
        <ul className="codes">
          {props.codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <Button
          variant="default"
          onClick={() => void navigator.clipboard.writeText(props.codes.join("\n")).then(() => setCopied(true))}
        >
          {copied ? words.copied : words.copy}
        </Button>
        <Button onClick={props.onKept}>{words.kept}</Button>
      </Stack>
    </Page>
  );
}
