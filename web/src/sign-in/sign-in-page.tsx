import { Anchor, Button, Stack, Text } from "@mantine/core";
import type { SignIn } from "@sallyport/client";
import { useCallback, useEffect, useState } from "react";
import { client } from "../frame/client.ts";
import { Page } from "../frame/page.tsx";
import { type Attempt, attemptOf } from "../proof/attempt.ts";
import { words } from "../words/sign-in.ts";
import { BackupCodes } from "./backup-codes.tsx";
import { Enrolment } from "./enrolment.tsx";
import { FirstFactor } from "./first-factor.tsx";
import { keepWish, takeWish } from "./return-to.ts";
import { SecondFactor } from "./second-factor.tsx";

/** Where the conversation stands. */
type Stage =
  | { at: "looking" | "done" }
  | { at: "first"; failure?: unknown }
  | { at: "second" | "enrolment"; attempt: Attempt }
  | { at: "codes"; codes: readonly string[] };

/** The conversation of a sign-in, from the first proof to the page it leads to. */
export function SignInPage() {
  const [stage, setStage] = useState<Stage>({ at: "looking" });

  const finish = useCallback(() => {
    const wish = takeWish();
    if (wish === undefined) {
      setStage({ at: "done" });
    } else {
      location.replace(wish);
    }
  }, []);

  const take = useCallback(
    (answer: SignIn | undefined) => {
      if (answer?.status === "mfa_required") {
        setStage({ at: "second", attempt: attemptOf(answer) });
      } else if (answer?.status === "mfa_enrollment_required") {
        setStage({ at: "enrolment", attempt: attemptOf(answer) });
      } else if (answer?.backup_codes != null && answer.backup_codes.length > 0) {
        setStage({ at: "codes", codes: answer.backup_codes });
      } else {
        finish();
      }
    },
    [finish],
  );

  useEffect(() => {
    begin(take, finish).then(
      (at) => at && setStage({ at }),
      (failure) => setStage({ at: "first", failure }),
    );
  }, [take, finish]);

  const restart = () => setStage({ at: "first" });
  switch (stage.at) {
    case "looking":
      return (
        <Page title={words.signIn}>
          <Text role="status">{words.working}</Text>
        </Page>
      );
    case "first":
      return <FirstFactor failure={stage.failure} onAnswer={take} />;
    case "second":
      return <SecondFactor attempt={stage.attempt} onAnswer={take} onRestart={restart} />;
    case "enrolment":
      return <Enrolment attempt={stage.attempt} onAnswer={take} onRestart={restart} />;
    case "codes":
      return <BackupCodes codes={stage.codes} onKept={finish} />;
    case "done":
      return <Done onSignedOut={restart} />;
  }
}

/**
 * What the page starts with: the code that a provider's way back left in the
 * fragment, the session of an earlier visit, or else the form.
 */
async function begin(take: (answer: SignIn | undefined) => void, finish: () => void): Promise<"first" | undefined> {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  await keepWish();
  if (code !== null) {
    history.replaceState(null, "", location.pathname);
    const { data } = await client.api.POST("/api/v1/oauth/exchange", { body: { code } });
    if (data?.decision === "needs_proof") {
      throw words.needsProof;
    }
    take(data);
    return undefined;
  }
  if ((await client.session.accessToken()) === undefined) {
    return "first";
  }
  finish();
  return undefined;
}

function Done({ onSignedOut }: { onSignedOut(): void }) {
  return (
    <Page title={words.done}>
      <Stack>
        <Text>{words.doneAs(client.session.user?.email ?? "")}</Text>
        <Anchor href="/account">{words.account}</Anchor>
        <Button variant="default" onClick={() => void client.signOut().finally(onSignedOut)}>
          {words.signOut}
        </Button>
      </Stack>
    </Page>
  );
}
