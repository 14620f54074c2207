import { Button, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { type Client, type components, createClient, type SignIn } from "@sallyport/client";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Popup } from "../frame/popup.tsx";
import { useGuarded } from "../frame/step-up.tsx";
import { type Action, useAction } from "../frame/use-action.ts";
import { type Attempt, attemptOf, type CodeMethod, showCode } from "../proof/attempt.ts";
import { proveWithPasskey } from "../proof/passkey.ts";
import { Proof } from "../proof/proof.tsx";
import { words } from "../words/account.ts";

type Plan = components["schemas"]["MergeBody"];

/** Joins another account of the same person to this one, which is left as it is until both are proved. */
export function Merge({ onMerged }: { onMerged(): void }) {
  const [open, setOpen] = useState(false);
  const [merged, setMerged] = useState(false);
  return (
    <Stack>
      <Text>{words.mergeLead}</Text>
      <Group>
        <Button variant="default" onClick={() => setOpen(true)}>
          {words.merge}
        </Button>
      </Group>
      <div role="status">{merged && <Text>{words.merged}</Text>}</div>
      {open && (
        <Steps
          onClose={() => setOpen(false)}
          onMerged={() => {
            setOpen(false);
            setMerged(true);
            onMerged();
          }}
        />
      )}
    </Stack>
  );
}

/** A session of the other account, in memory and for this window alone. */
const another = (): Client => createClient({ delivery: "body" });

function Steps(props: { onClose(): void; onMerged(): void }) {
  const [other] = useState(another);
  const [attempt, setAttempt] = useState<Attempt>();
  const [plan, setPlan] = useState<Plan>();
  const action = useAction();
  const guarded = useGuarded();

  const merge = async (dryRun: boolean) => {
    const token = (await other.session.accessToken()) ?? "";
    return (await guarded(() => client.api.POST("/api/v1/me/merge", { body: { token, dry_run: dryRun } }))).data;
  };
  const take = async (answer: SignIn | undefined) => {
    if (answer?.status === "mfa_required") {
      setAttempt(attemptOf(answer, other));
    } else {
      setPlan(await merge(true));
    }
  };
  const prove = (work: () => Promise<SignIn | undefined>, failed?: () => void) =>
    action.run(async () => {
      try {
        await take(await work());
      } catch (error) {
        failed?.();
        throw error;
      }
    });
  const method = attempt?.answer.methods?.[0];

  return (
    <Popup title={words.merge} onClose={props.onClose}>
      <Stack>
        <Failure error={action.error} />
        {plan === undefined && attempt === undefined && (
          <First
            action={action}
            onShown={(email, password) =>
              prove(async () => (await other.api.POST("/api/v1/auth/login", { body: { email, password } })).data)
            }
          />
        )}
        {plan === undefined && attempt !== undefined && method !== undefined && (
          <Proof
            method={method}
            asked={attempt}
            action={action}
            onCode={(code, failed) => prove(() => showCode(attempt, method.type as CodeMethod, code, false), failed)}
            onPasskey={() => prove(() => proveWithPasskey(attempt, false))}
          />
        )}
        {plan !== undefined && (
          <>
            <PlanText plan={plan} />
            <Button
              color="red"
              loading={action.busy}
              onClick={() =>
                action.run(async () => {
                  await merge(false);
                  props.onMerged();
                })
              }
            >
              {words.mergeNow}
            </Button>
          </>
        )}
        <Button variant="default" onClick={props.onClose}>
          {words.cancel}
        </Button>
      </Stack>
    </Popup>
  );
}

function First(props: { action: Action; onShown(email: string, password: string): void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  function submit(event: FormEvent) {
    event.preventDefault();
    props.onShown(email, password);
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={words.otherEmail}
          type="email"
          autoComplete="off"
          required
          value={email}
          onChange={(e) => setEmail(e.currentTarget.value)}
        />
        <PasswordInput
          label={words.otherPassword}
          autoComplete="off"
          required
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        <Button type="submit" loading={props.action.busy}>
          {words.mergeShow}
        </Button>
      </Stack>
    </form>
  );
}

function PlanText({ plan }: { plan: Plan }) {
  const { ends } = plan;
  const moves = (plan.moves ?? []).map((a) => `${a.provider} ${a.email}`.trim());
  return (
    <dl className="facts">
      <dt>{words.mergeMoves}</dt>
      <dd>{moves.length === 0 ? words.none : moves.join(", ")}</dd>
      <dt>{words.mergeEnds}</dt>
      <dd>{words.mergeEnd({ ...ends, factors: ends.factors?.length ?? 0 })}</dd>
    </dl>
  );
}
