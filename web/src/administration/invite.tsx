import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { Failure } from "../frame/failure.tsx";
import { Popup } from "../frame/popup.tsx";
import { useGuarded } from "../frame/step-up.tsx";
import { useAction } from "../frame/use-action.ts";
import { words } from "../words/administration.ts";
import { fieldSentence } from "../words/problems.ts";
import { words as common } from "../words/step-up.ts";

/** Invites somebody by mail. */
export function Invite(props: { onClose(): void; onInvited(): void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<"user" | "admin">("user");
  const [sent, setSent] = useState<string>();
  const action = useAction();
  const guarded = useGuarded();

  function submit(event: FormEvent) {
    event.preventDefault();
    action.run(async () => {
      await guarded(() => client.api.POST("/api/v1/admin/users", { body: { email, name, role } }));
      setSent(email);
      setEmail("");
      setName("");
      props.onInvited();
    });
  }

  return (
    <Popup title={words.invite} onClose={props.onClose}>
      <form onSubmit={submit}>
        <Stack>
          <Text>{words.inviteLead}</Text>
          <Failure error={action.error} />
          <div role="status">{sent !== undefined && <Text>{words.invited(sent)}</Text>}</div>
          <TextInput
            label={words.email}
            type="email"
            required
            value={email}
            error={fieldSentence(action.error, "email")}
            onChange={(e) => setEmail(e.currentTarget.value)}
          />
          <TextInput
            label={words.name}
            value={name}
            error={fieldSentence(action.error, "name")}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <NativeSelect
            label={words.role}
            value={role}
            data={Object.entries(words.roles).map(([value, label]) => ({ value, label }))}
            onChange={(e) => setRole(e.currentTarget.value === "admin" ? "admin" : "user")}
          />
          <Group>
            <Button type="submit" loading={action.busy}>
              {words.send}
            </Button>
            <Button variant="default" onClick={props.onClose}>
              {common.cancel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Popup>
  );
}
