import { Button, Stack } from "@mantine/core";
import { Popup } from "../frame/popup.tsx";
import { CodeList } from "../proof/code-list.tsx";
import { words } from "../words/account.ts";
import { words as common } from "../words/sign-in.ts";

/** New backup codes in a window that only the person closes. */
export function NewCodes(props: { codes: readonly string[]; onKept(): void }) {
  return (
    <Popup title={common.codesTitle} onClose={() => undefined}>
      <Stack>
        <CodeList codes={props.codes} />
        <Button className="no-print" onClick={props.onKept}>
          {words.kept}
        </Button>
      </Stack>
    </Popup>
  );
}
