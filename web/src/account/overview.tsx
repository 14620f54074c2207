import { Anchor, Paper, Stack, Text, Title } from "@mantine/core";
import { Loaded } from "../frame/loaded.tsx";
import { passkeysHere } from "../proof/passkey.ts";
import { words } from "../words/account.ts";
import { words as methods } from "../words/sign-in.ts";
import { codeFactors } from "./factors.tsx";
import { nextStep } from "./next-step.ts";
import { useMe, usePasskeys, useSessions, useStatus } from "./questions.ts";

/** How safe the account is, and what to do next. */
export function Overview() {
  const me = useMe();
  const status = useStatus();
  const passkeys = usePasskeys();
  const sessions = useSessions();
  return (
    <Loaded query={status}>
      {(mfa) => {
        const keys = passkeys.data?.credentials ?? [];
        const step = nextStep(mfa, keys.length, passkeysHere);
        const factors = codeFactors(mfa.factors).map((f) => methods.methods[f.type] ?? f.type);
        return (
          <Stack>
            {passkeys.isSuccess && (
              <Paper withBorder p="md">
                <Title order={2} size="h5">
                  {words.nextStep}
                </Title>
                <Text>{words.steps[step]}</Text>
                {step !== "done" && <Anchor href="#security">{words.go}</Anchor>}
              </Paper>
            )}
            <dl className="facts">
              <Fact name={words.email} value={me.data?.email ?? ""} />
              <Fact name={words.password} value={me.data?.has_password ? words.set : words.notSet} />
              <Fact name={words.factors} value={factors.length === 0 ? words.none : factors.join(", ")} />
              <Fact name={words.passkeys} value={keys.length === 0 ? words.none : keys.map((k) => k.name).join(", ")} />
              <Fact name={words.backupCodes} value={String(mfa.backup_codes_left)} />
              <Fact name={words.sessions} value={String(sessions.data?.sessions?.length ?? "")} />
            </dl>
          </Stack>
        );
      }}
    </Loaded>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
