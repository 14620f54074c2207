import { Button, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { Failure } from "../frame/failure.tsx";
import { useAction } from "../frame/use-action.ts";
import { words } from "../words/sign-in.ts";

/** Seconds until another code can be asked for: the server's own pause between two messages. */
const pause = 60;

/** Sends a code when asked to, says where to, and again after a pause. Children are shown once a code is on its way. */
export function SentCode(props: { hint: string | undefined; send(): Promise<string>; children: React.ReactNode }) {
  const [sentTo, setSentTo] = useState<string>();
  const [left, setLeft] = useState(0);
  const action = useAction();

  useEffect(() => {
    if (left === 0) {
      return undefined;
    }
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);

  const send = () =>
    action.run(async () => {
      setSentTo(await props.send());
      setLeft(pause);
    });

  return (
    <Stack>
      <Text role="status">{sentTo === undefined ? words.sendTo(props.hint ?? "") : words.sentTo(sentTo)}</Text>
      {sentTo !== undefined && props.children}
      <Failure error={action.error} />
      {left > 0 ? (
        <Text size="sm" c="dimmed">
          {words.sendAgainIn(left)}
        </Text>
      ) : (
        <Button variant={sentTo === undefined ? "filled" : "default"} loading={action.busy} onClick={send}>
          {sentTo === undefined ? words.sendCode : words.sendAgain}
        </Button>
      )}
    </Stack>
  );
}
