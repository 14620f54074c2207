import { Button, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { useGuarded } from "../frame/step-up.tsx";
import { useAction } from "../frame/use-action.ts";
import { words } from "../words/account.ts";
import { fieldSentence } from "../words/problems.ts";
import { useMe } from "./questions.ts";

/** Changes the password. The server says what is weak about a new one, at its field. */
export function Password() {
  const has = useMe().data?.has_password ?? true;
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const [changed, setChanged] = useState(false);
  const action = useAction();
  const guarded = useGuarded();
  const weak = fieldSentence(action.error, "new_password") ?? fieldSentence(action.error, "password");

  function submit(event: FormEvent) {
    event.preventDefault();
    setChanged(false);
    const body = { new_password: fresh, ...(has ? { current_password: current } : {}) };
    action.run(async () => {
      await guarded(() => client.api.POST("/api/v1/me/password", { body }));
      setCurrent("");
      setFresh("");
      setChanged(true);
    });
  }
  return (
    <form onSubmit={submit} className="narrow">
      <Stack>
        <Title order={2} size="h4">
          {words.password}
        </Title>
        {has && (
          <PasswordInput
            label={words.currentPassword}
            autoComplete="current-password"
            required
            value={current}
            onChange={(e) => setCurrent(e.currentTarget.value)}
          />
        )}
        <PasswordInput
          label={words.newPassword}
          description={words.newPasswordHelp}
          autoComplete="new-password"
          required
          value={fresh}
          error={weak}
          aria-invalid={weak !== undefined}
          onChange={(e) => setFresh(e.currentTarget.value)}
        />
        <Failure error={action.error} />
        <Button type="submit" variant="default" loading={action.busy}>
          {words.changePassword}
        </Button>
        <div role="status">{changed && <Text>{words.passwordChanged}</Text>}</div>
      </Stack>
    </form>
  );
}
