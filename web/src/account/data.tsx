import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { client } from "../frame/client.ts";
import { ConfirmButton } from "../frame/confirm.tsx";
import { Failure } from "../frame/failure.tsx";
import { save } from "../frame/save.ts";
import { useGuarded } from "../frame/step-up.tsx";
import { useAction } from "../frame/use-action.ts";
import { words } from "../words/account.ts";

/** A copy of everything, and the end of it. */
export function Data() {
  const action = useAction();
  const guarded = useGuarded();
  const download = () =>
    action.run(async () => {
      const { data } = await guarded(() => client.api.GET("/api/v1/me/export"));
      save(new Blob([JSON.stringify(data, null, 2)], { type: "application/json" }), "account.json");
    });
  return (
    <Stack gap="xl">
      <Stack>
        <Title order={2} size="h4">
          {words.download}
        </Title>
        <Text>{words.downloadLead}</Text>
        <Failure error={action.error} />
        <Group>
          <Button variant="default" loading={action.busy} onClick={download}>
            {words.download}
          </Button>
        </Group>
      </Stack>
      <Stack>
        <Title order={2} size="h4">
          {words.delete}
        </Title>
        <Text>{words.deleteLead}</Text>
        <Group>
          <ConfirmButton
            danger
            label={words.delete}
            question={words.deleteAsk}
            work={() => client.api.DELETE("/api/v1/me")}
            onDone={() => client.session.clear()}
          />
        </Group>
      </Stack>
    </Stack>
  );
}
