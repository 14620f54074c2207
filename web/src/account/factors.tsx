import { Button, Group, Stack, Table, Text, Title } from "@mantine/core";
import type { components } from "@sallyport/client";
import { useState } from "react";
import { client } from "../frame/client.ts";
import { ConfirmButton } from "../frame/confirm.tsx";
import { Loaded } from "../frame/loaded.tsx";
import { Rows } from "../frame/table.tsx";
import { When } from "../frame/when.tsx";
import { words } from "../words/account.ts";
import { words as methods } from "../words/sign-in.ts";
import { type Addable, AddFactor } from "./add-factor.tsx";
import { useStatus } from "./questions.ts";

type Status = components["schemas"]["MFAStatus"];
type Factor = components["schemas"]["FactorBody"];
type Changed = (codes: readonly string[] | null | undefined) => void;

const addable: readonly { method: Addable; label: string }[] = [
  { method: "totp", label: words.addApp },
  { method: "sms", label: words.addSms },
  { method: "email", label: words.addEmail },
];

/** Authenticator apps, codes by SMS and e-mail, backup codes. */
export function Factors({ onChanged }: { onChanged: Changed }) {
  const [adding, setAdding] = useState<Addable>();
  return (
    <Stack>
      <Title order={2} size="h4">
        {words.factors}
      </Title>
      <Loaded query={useStatus()}>
        {(mfa) => (
          <>
            <List factors={codeFactors(mfa.factors)} onChanged={onChanged} />
            <Group>
              {addable
                .filter(({ method }) => mayAdd(mfa, method))
                .map(({ method, label }) => (
                  <Button key={method} variant="default" onClick={() => setAdding(method)}>
                    {label}
                  </Button>
                ))}
            </Group>
            <BackupCodes mfa={mfa} onChanged={onChanged} />
          </>
        )}
      </Loaded>
      {adding !== undefined && (
        <AddFactor
          method={adding}
          onClose={() => setAdding(undefined)}
          onAdded={(codes) => {
            setAdding(undefined);
            onChanged(codes);
          }}
        />
      )}
    </Stack>
  );
}

/** The factors that are shown by a code; passkeys have a list of their own. */
export const codeFactors = (all: readonly Factor[] | null | undefined) =>
  (all ?? []).filter((f) => f.type !== "passkey");

/** Several apps and numbers may be set up, and one mailbox. */
function mayAdd(mfa: Status, method: Addable): boolean {
  const taken = method === "email" && (mfa.factors ?? []).some((f) => f.type === "email");
  return (mfa.offered ?? []).includes(method) && !taken;
}

function List(props: { factors: readonly Factor[]; onChanged: Changed }) {
  if (props.factors.length === 0) {
    return <Text>{words.none}</Text>;
  }
  return (
    <Rows label={words.factors} head={[words.name, words.added, words.lastUsed, words.remove]}>
      {props.factors.map((f) => (
        <Table.Tr key={f.id}>
          <Table.Td>
            {[...new Set([methods.methods[f.type] ?? f.type, f.name, f.hint])].filter(Boolean).join(" · ")}
            {words.worth[f.worth] && (
              <Text size="sm" c="dimmed">
                {words.worth[f.worth]}
              </Text>
            )}
          </Table.Td>
          <Table.Td>
            <When at={f.created_at} />
          </Table.Td>
          <Table.Td>
            <When at={f.last_used_at} />
          </Table.Td>
          <Table.Td>
            <ConfirmButton
              danger
              label={words.remove}
              describe={`${methods.methods[f.type] ?? f.type} ${f.name} ${f.hint ?? ""}`.trim()}
              question={words.removeAsk}
              work={() => client.api.POST("/api/v1/mfa/disable", { body: { method: f.type as Addable, id: f.id } })}
              onDone={() => props.onChanged(undefined)}
            />
          </Table.Td>
        </Table.Tr>
      ))}
    </Rows>
  );
}

function BackupCodes(props: { mfa: Status; onChanged: Changed }) {
  if (!props.mfa.enabled) {
    return <Text>{words.noFactor}</Text>;
  }
  return (
    <Group>
      <Text>{words.codesLeft(props.mfa.backup_codes_left)}</Text>
      <ConfirmButton
        label={words.newCodes}
        question={words.newCodesAsk}
        work={async () => (await client.api.POST("/api/v1/mfa/backup-codes/generate")).data?.backup_codes}
        onDone={props.onChanged}
      />
    </Group>
  );
}
