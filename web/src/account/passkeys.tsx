import { Button, Group, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { client } from "../frame/client.ts";
import { ConfirmButton } from "../frame/confirm.tsx";
import { Failure } from "../frame/failure.tsx";
import { Loaded } from "../frame/loaded.tsx";
import { Popup } from "../frame/popup.tsx";
import { useGuarded } from "../frame/step-up.tsx";
import { Rows } from "../frame/table.tsx";
import { useAction } from "../frame/use-action.ts";
import { When } from "../frame/when.tsx";
import { makePasskey, passkeysHere, wasDismissed } from "../proof/passkey.ts";
import { words } from "../words/account.ts";
import { words as methods } from "../words/sign-in.ts";
import { usePasskeys } from "./questions.ts";

type Changed = (codes: readonly string[] | null | undefined) => void;

/** The passkeys and security keys of the account. */
export function Passkeys({ onChanged }: { onChanged: Changed }) {
  const [naming, setNaming] = useState<{ id: string; name: string }>();
  return (
    <Stack>
      <Title order={2} size="h4">
        {words.passkeys}
      </Title>
      <Loaded query={usePasskeys()}>
        {({ credentials }) =>
          (credentials ?? []).length === 0 ? (
            <Text>{words.none}</Text>
          ) : (
            <Rows label={words.passkeys} head={[words.name, words.added, words.lastUsed, words.remove]}>
              {(credentials ?? []).map((k) => (
                <Table.Tr key={k.id}>
                  <Table.Td>{k.name}</Table.Td>
                  <Table.Td>
                    <When at={k.created_at} />
                  </Table.Td>
                  <Table.Td>
                    <When at={k.last_used_at} />
                  </Table.Td>
                  <Table.Td>
                    <Group>
                      <Button
                        variant="default"
                        size="compact-sm"
                        aria-label={`${words.rename}: ${k.name}`}
                        onClick={() => setNaming(k)}
                      >
                        {words.rename}
                      </Button>
                      <ConfirmButton
                        danger
                        label={words.remove}
                        describe={k.name}
                        question={words.removeAsk}
                        work={() =>
                          client.api.DELETE("/api/v1/webauthn/credentials/{id}", { params: { path: { id: k.id } } })
                        }
                        onDone={() => onChanged(undefined)}
                      />
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Rows>
          )
        }
      </Loaded>
      {passkeysHere ? <Add onChanged={onChanged} /> : <Text size="sm">{methods.passkeyUnsupported}</Text>}
      {naming !== undefined && (
        <Rename
          passkey={naming}
          onClose={() => setNaming(undefined)}
          onRenamed={() => {
            setNaming(undefined);
            onChanged(undefined);
          }}
        />
      )}
    </Stack>
  );
}

function Add({ onChanged }: { onChanged: Changed }) {
  const [name, setName] = useState("");
  const action = useAction();
  const guarded = useGuarded();
  function submit(event: FormEvent) {
    event.preventDefault();
    action.run(async () => {
      try {
        const answer = await guarded(() => makePasskey({}, name.trim()));
        setName("");
        onChanged(answer?.backup_codes);
      } catch (error) {
        throw wasDismissed(error) ? methods.passkeyRefused : error;
      }
    });
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Failure error={action.error} />
        <Group align="end">
          <TextInput label={words.passkeyName} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <Button type="submit" loading={action.busy}>
            {words.addPasskey}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Rename(props: { passkey: { id: string; name: string }; onClose(): void; onRenamed(): void }) {
  const [name, setName] = useState(props.passkey.name);
  const action = useAction();
  const guarded = useGuarded();
  function submit(event: FormEvent) {
    event.preventDefault();
    const path = { id: props.passkey.id };
    action.run(async () => {
      await guarded(() => client.api.PATCH("/api/v1/webauthn/credentials/{id}", { params: { path }, body: { name } }));
      props.onRenamed();
    });
  }
  return (
    <Popup title={words.rename} onClose={props.onClose}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput label={words.name} required value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <Failure error={action.error} />
          <Group>
            <Button type="submit" loading={action.busy}>
              {words.save}
            </Button>
            <Button variant="default" onClick={props.onClose}>
              {words.cancel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Popup>
  );
}
