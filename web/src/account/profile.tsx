import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Loaded } from "../frame/loaded.tsx";
import { useGuarded } from "../frame/step-up.tsx";
import { useAction } from "../frame/use-action.ts";
import { words } from "../words/account.ts";
import { fieldSentence } from "../words/problems.ts";
import { useMe } from "./questions.ts";

/** Name and address. */
export function Profile() {
  return (
    <Loaded query={useMe()}>
      {(user) => (
        <Stack gap="xl" className="narrow">
          <Name name={user.name} />
          <Email email={user.email} />
        </Stack>
      )}
    </Loaded>
  );
}

function Name(props: { name: string }) {
  const [name, setName] = useState(props.name);
  const [saved, setSaved] = useState(false);
  const action = useAction();
  const queries = useQueryClient();

  function submit(event: FormEvent) {
    event.preventDefault();
    setSaved(false);
    action.run(async () => {
      const { data } = await client.api.PATCH("/api/v1/me", { body: { name } });
      queries.setQueryData(["me"], data);
      setSaved(true);
    });
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={words.name}
          autoComplete="name"
          value={name}
          error={fieldSentence(action.error, "name")}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Failure error={action.error} />
        <Button type="submit" loading={action.busy}>
          {words.save}
        </Button>
        <div role="status">{saved && <Text>{words.saved}</Text>}</div>
      </Stack>
    </form>
  );
}

function Email(props: { email: string }) {
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState<string>();
  const action = useAction();
  const guarded = useGuarded();

  function submit(event: FormEvent) {
    event.preventDefault();
    action.run(async () => {
      await guarded(() => client.api.POST("/api/v1/me/email", { body: { email } }));
      setSent(email);
      setEmail("");
    });
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>
          {words.email}: {props.email}
        </Text>
        <TextInput
          label={words.newEmail}
          type="email"
          autoComplete="email"
          required
          value={email}
          error={fieldSentence(action.error, "email")}
          onChange={(e) => setEmail(e.currentTarget.value)}
        />
        <Failure error={action.error} />
        <Button type="submit" variant="default" loading={action.busy}>
          {words.changeEmail}
        </Button>
        <div role="status">{sent !== undefined && <Text>{words.emailSent(sent)}</Text>}</div>
      </Stack>
    </form>
  );
}
