import { Anchor, Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { Problem } from "@sallyport/client";
import { createContext, type FormEvent, type ReactNode, useCallback, useContext, useRef, useState } from "react";
import { type CodeMethod, inSession, showCode } from "../proof/attempt.ts";
import { proveWithPasskey, wasDismissed } from "../proof/passkey.ts";
import { Proof } from "../proof/proof.tsx";
import { words as methodWords } from "../words/sign-in.ts";
import { words } from "../words/step-up.ts";
import { client } from "./client.ts";
import { Failure } from "./failure.tsx";
import { Popup } from "./popup.tsx";
import { type Action, useAction } from "./use-action.ts";

/** Runs work; where the server demands a fresh proof, asks the person for one and runs it once more. */
type Guarded = <T>(work: () => Promise<T>) => Promise<T>;

const GuardedContext = createContext<Guarded>((work) => work());

/** What requests of a room go through. */
export const useGuarded = (): Guarded => useContext(GuardedContext);

/** A question that is open: what would do, and who waits for the answer. */
interface Question {
  methods: readonly string[];
  done(): void;
  refused(error: unknown): void;
}

/** Asks for fresh proofs on behalf of the room inside. However many requests need one, it asks once. */
export function StepUp({ children }: { children: ReactNode }) {
  const [question, setQuestion] = useState<Question>();
  const asking = useRef<Promise<void>>(undefined);

  const guarded = useCallback<Guarded>(async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "step_up_required") {
        throw error;
      }
      asking.current ??= new Promise<void>((done, refused) =>
        setQuestion({ methods: error.document.step_up?.methods ?? [], done, refused }),
      ).finally(() => {
        asking.current = undefined;
        setQuestion(undefined);
      });
      await asking.current;
      return work();
    }
  }, []);

  return (
    <GuardedContext value={guarded}>
      {children}
      {question !== undefined && <Ask question={question} />}
    </GuardedContext>
  );
}

function Ask({ question }: { question: Question }) {
  const [method, setMethod] = useState(question.methods[0]);
  const action = useAction();

  function prove(work: () => Promise<unknown>, failed?: () => void) {
    action.run(async () => {
      try {
        await work();
        question.done();
      } catch (error) {
        failed?.();
        throw wasDismissed(error) ? methodWords.passkeyRefused : error;
      }
    });
  }

  return (
    <Popup title={words.title} onClose={() => question.refused(words.notDone)}>
      <Stack>
        <Text>{words.lead}</Text>
        <Failure error={action.error} />
        {method === undefined && <Anchor href="/sign-in">{words.signInAgain}</Anchor>}
        {method === "password" && (
          <Password action={action} onPassword={(password) => prove(() => stepUpByPassword(password))} />
        )}
        {method !== undefined && method !== "password" && (
          <Proof
            key={method}
            method={{ type: method as "totp" }}
            asked={inSession}
            action={action}
            onCode={(code, failed) => prove(() => showCode(inSession, method as CodeMethod, code, false), failed)}
            onPasskey={() => prove(() => proveWithPasskey(inSession, false))}
          />
        )}
        <Group>
          {question.methods
            .filter((m) => m !== method)
            .map((m) => (
              <Button
                key={m}
                variant="default"
                onClick={() => {
                  action.fail(undefined);
                  setMethod(m);
                }}
              >
                {methodWords.methods[m] ?? methodWords.password}
              </Button>
            ))}
          <Button variant="default" onClick={() => question.refused(words.notDone)}>
            {words.cancel}
          </Button>
        </Group>
      </Stack>
    </Popup>
  );
}

const stepUpByPassword = (password: string) => client.api.POST("/api/v1/auth/step-up", { body: { password } });

function Password(props: { action: Action; onPassword(password: string): void }) {
  const [password, setPassword] = useState("");
  function submit(event: FormEvent) {
    event.preventDefault();
    props.onPassword(password);
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <PasswordInput
          label={methodWords.password}
          name="password"
          autoComplete="current-password"
          required
          data-autofocus
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        <Button type="submit" loading={props.action.busy}>
          {methodWords.confirm}
        </Button>
      </Stack>
    </form>
  );
}
