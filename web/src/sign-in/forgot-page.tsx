import { Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Page } from "../frame/page.tsx";
import { useAction } from "../frame/use-action.ts";
import { fieldSentence } from "../words/problems.ts";
import { words } from "../words/sign-in.ts";

/** Asks for the mail that sets a new password. The answer is the same for every address (RC-01). */
export function ForgotPage() {
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const action = useAction();

  function submit(event: FormEvent) {
    event.preventDefault();
    action.run(async () => {
      await client.api.POST("/api/v1/auth/password/forgot", { body: { email } });
      setSent(true);
    });
  }

  return (
    <Page title={sent ? words.checkMail : words.forgotTitle}>
      {sent ? (
        <Text>{words.checkMailForgot(email)}</Text>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            <Text>{words.forgotLead}</Text>
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
            <Button type="submit" loading={action.busy}>
              {words.forgotSend}
            </Button>
          </Stack>
        </form>
      )}
      <Anchor href="/sign-in" size="sm" mt="md" display="block">
        {words.back}
      </Anchor>
    </Page>
  );
}
