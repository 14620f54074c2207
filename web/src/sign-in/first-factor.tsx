import { Anchor, Button, Divider, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { type components, Problem, type SignIn } from "@sallyport/client";
import { type FormEvent, useEffect, useState } from "react";
import { useBrand } from "../frame/brand.tsx";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Page } from "../frame/page.tsx";
import { useAction } from "../frame/use-action.ts";
import { endOffer, passkeysHere, signInWithPasskey, wasDismissed } from "../proof/passkey.ts";
import { fieldSentence } from "../words/problems.ts";
import { words } from "../words/sign-in.ts";

type Provider = components["schemas"]["ProviderBody"];

/** The first proof: a password, a passkey, or an account elsewhere. failure is what an earlier step ended with. */
export function FirstFactor(props: { failure: unknown; onAnswer(answer: SignIn | undefined): void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const action = useAction();
  const providers = useProviders();
  const brand = useBrand();
  usePasskeyOffer(props.onAnswer, action.fail);

  function submit(event: FormEvent) {
    event.preventDefault();
    action.run(async () => {
      props.onAnswer((await client.api.POST("/api/v1/auth/login", { body: { email, password } })).data);
    });
  }

  function passkey() {
    endOffer();
    action.run(async () => {
      try {
        props.onAnswer(await signInWithPasskey(false));
      } catch (error) {
        throw wasDismissed(error) ? words.passkeyRefused : error;
      }
    });
  }

  const shown = action.error ?? props.failure;
  return (
    <Page title={words.signIn}>
      <form onSubmit={submit}>
        <Stack>
          <Failure error={shown} />
          {shown instanceof Problem && shown.code === "email_not_verified" && email !== "" && <Resend email={email} />}
          <TextInput
            label={words.email}
            type="email"
            name="email"
            autoComplete="username webauthn"
            required
            value={email}
            error={fieldSentence(action.error, "email")}
            onChange={(e) => setEmail(e.currentTarget.value)}
          />
          <PasswordInput
            label={words.password}
            name="password"
            autoComplete="current-password"
            required
            value={password}
            error={fieldSentence(action.error, "password")}
            aria-invalid={fieldSentence(action.error, "password") !== undefined}
            onChange={(e) => setPassword(e.currentTarget.value)}
          />
          <Button type="submit" loading={action.busy}>
            {words.signIn}
          </Button>
          <Anchor href="/forgot-password" size="sm">
            {words.forgot}
          </Anchor>
        </Stack>
      </form>
      <Divider my="md" label={words.or} />
      <Stack>
        {passkeysHere && (
          <Button variant="default" disabled={action.busy} onClick={passkey}>
            {words.passkey}
          </Button>
        )}
        {providers.map((p) => (
          <Button
            key={p.name}
            variant="default"
            component="a"
            href={`/api/v1/oauth/${p.name}/authorize?return_to=/sign-in`}
            leftSection={p.icon === undefined ? undefined : <img src={p.icon} alt="" width="18" height="18" />}
          >
            {words.continueWith(p.title)}
          </Button>
        ))}
        {brand.sign_up && (
          <Text size="sm">
            {words.noAccount} <Anchor href="/sign-up">{words.signUp}</Anchor>
          </Text>
        )}
      </Stack>
    </Page>
  );
}

/** The providers of this server; none while it has not answered. */
function useProviders(): readonly Provider[] {
  const [providers, setProviders] = useState<readonly Provider[]>([]);
  useEffect(() => {
    client.api.GET("/api/v1/oauth/providers").then(
      ({ data }) => setProviders(data?.providers ?? []),
      () => setProviders([]), // the form works without them
    );
  }, []);
  return providers;
}

/** Offers passkeys in the autofill of the address field, for as long as the form is shown. */
function usePasskeyOffer(onAnswer: (answer: SignIn | undefined) => void, onError: (error: unknown) => void): void {
  useEffect(() => {
    let shown = true;
    async function offer() {
      if (!passkeysHere || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) {
        return;
      }
      try {
        const answer = await signInWithPasskey(true);
        if (shown) {
          onAnswer(answer);
        }
      } catch (error) {
        // No passkey was taken, or the server offers none: the form goes on without.
        const silent =
          wasDismissed(error) || !(error instanceof Problem) || error.status === 404 || error.status === 429;
        if (shown && !silent) {
          onError(error);
        }
      }
    }
    void offer();
    return () => {
      shown = false;
      endOffer();
    };
  }, [onAnswer, onError]);
}

/** Sends the mail that proves an address once more. */
function Resend({ email }: { email: string }) {
  const action = useAction();
  const [sent, setSent] = useState(false);
  return sent ? (
    <Text role="status" size="sm">
      {words.sentAgain}
    </Text>
  ) : (
    <>
      <Failure error={action.error} />
      <Button
        variant="default"
        loading={action.busy}
        onClick={() =>
          action.run(async () => {
            await client.api.POST("/api/v1/auth/email/resend", { body: { email } });
            setSent(true);
          })
        }
      >
        {words.resend}
      </Button>
    </>
  );
}
