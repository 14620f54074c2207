import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Page } from "../frame/page.tsx";
import { useAction } from "../frame/use-action.ts";
import { fieldSentence } from "../words/problems.ts";
import { words } from "../words/sign-in.ts";

/** Opens an account. What follows comes by mail, whether or not the address was free (RC-10). */
export function SignUpPage() {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [sent, setSent] = useState(false);
  const action = useAction();

  function submit(event: FormEvent) {
    event.preventDefault();
    action.run(async () => {
      await client.api.POST("/api/v1/auth/register", { body: { email, password, ...(name === "" ? {} : { name }) } });
      setSent(true);
    });
  }

  if (sent) {
    return (
      <Page title={words.checkMail}>
        <Stack>
          <Text>{words.checkMailUp(email)}</Text>
          <Anchor href="/sign-in">{words.signIn}</Anchor>
        </Stack>
      </Page>
    );
  }
  return (
    <Page title={words.signUp}>
      <form onSubmit={submit}>
        <Stack>
          <Failure error={action.error} />
          <TextInput
            label={words.email}
            type="email"
            name="email"
            autoComplete="username"
            required
            value={email}
            error={fieldSentence(action.error, "email")}
            onChange={(e) => setEmail(e.currentTarget.value)}
          />
          <TextInput
            label={words.name}
            description={words.nameHelp}
            name="name"
            autoComplete="name"
            value={name}
            error={fieldSentence(action.error, "name")}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <PasswordInput
            label={words.password}
            description={words.passwordHelp}
            name="password"
            autoComplete="new-password"
            required
            value={password}
            error={fieldSentence(action.error, "password")}
            aria-invalid={fieldSentence(action.error, "password") !== undefined}
            onChange={(e) => setPassword(e.currentTarget.value)}
          />
          <Button type="submit" loading={action.busy}>
            {words.signUp}
          </Button>
          <Text size="sm">
            {words.haveAccount} <Anchor href="/sign-in">{words.signIn}</Anchor>
          </Text>
        </Stack>
      </form>
    </Page>
  );
}
