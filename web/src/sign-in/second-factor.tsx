import { Anchor, Button, Checkbox, Divider, Stack } from "@mantine/core";
import { Problem, type SignIn } from "@sallyport/client";
import { useState } from "react";
import { Failure } from "../frame/failure.tsx";
import { Page } from "../frame/page.tsx";
import { useAction } from "../frame/use-action.ts";
import { type Attempt, type CodeMethod, showCode } from "../proof/attempt.ts";
import { proveWithPasskey, wasDismissed } from "../proof/passkey.ts";
import { Proof } from "../proof/proof.tsx";
import { words } from "../words/sign-in.ts";

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
                {...{ method, action, asked: props.attempt }}
                onCode={(code, failed) =>
                  prove(() => showCode(props.attempt, method.type as CodeMethod, code, remember), failed)
                }
                onPasskey={() => prove(() => proveWithPasskey(props.attempt, remember))}
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
