import { Button, Stack } from "@mantine/core";
import { Page } from "../frame/page.tsx";
import { CodeList } from "../proof/code-list.tsx";
import { words } from "../words/sign-in.ts";

/** The new backup codes, shown once on the way in. */
export function BackupCodes(props: { codes: readonly string[]; onKept(): void }) {
  return (
    <Page title={words.codesTitle}>
      <Stack>
        <CodeList codes={props.codes} />
        <Button className="no-print" onClick={props.onKept}>
          {words.kept}
        </Button>
      </Stack>
    </Page>
  );
}
