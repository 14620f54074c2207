import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { words } from "../words/step-up.ts";
import { Failure } from "./failure.tsx";
import { Popup } from "./popup.tsx";
import { useGuarded } from "./step-up.tsx";
import { useAction } from "./use-action.ts";

/** A button that asks before it does something that cannot be taken back. */
export function ConfirmButton<T>(props: {
  label: string;
  /** Names what is meant where several buttons of a page are called alike. */
  describe?: string;
  question: string;
  danger?: boolean;
  work(): Promise<T>;
  onDone(result: T): void;
}) {
  const [open, setOpen] = useState(false);
  const action = useAction();
  const guarded = useGuarded();
  const color = props.danger ? { color: "red" } : {};
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        aria-label={props.describe === undefined ? undefined : `${props.label}: ${props.describe}`}
        onClick={() => setOpen(true)}
      >
        {props.label}
      </Button>
      {open && (
        <Popup title={props.label} onClose={() => setOpen(false)}>
          <Stack>
            <Text>{props.question}</Text>
            <Failure error={action.error} />
            <Group>
              <Button
                {...color}
                loading={action.busy}
                onClick={() =>
                  action.run(async () => {
                    const result = await guarded(props.work);
                    setOpen(false);
                    props.onDone(result);
                  })
                }
              >
                {props.label}
              </Button>
              <Button variant="default" onClick={() => setOpen(false)}>
                {words.cancel}
              </Button>
            </Group>
          </Stack>
        </Popup>
      )}
    </>
  );
}
