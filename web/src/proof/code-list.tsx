import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { save } from "../frame/save.ts";
import { words } from "../words/sign-in.ts";

/** New backup codes, shown once: to copy, to print, to keep as a file. */
export function CodeList({ codes }: { codes: readonly string[] }) {
  const [copied, setCopied] = useState(false);
  const text = codes.join("\n");
  return (
    <Stack>
      <Text>{words.codesLead}</Text>
      <ul className="codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Group className="no-print">
        <Button variant="default" onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>
          {copied ? words.copied : words.copy}
        </Button>
        <Button variant="default" onClick={() => print()}>
          {words.print}
        </Button>
        <Button
          variant="default"
          onClick={() => save(new Blob([`${text}\n`], { type: "text/plain" }), "backup-codes.txt")}
        >
          {words.download}
        </Button>
      </Group>
    </Stack>
  );
}
