import { Group, Text } from "@mantine/core";
import type { components } from "@sallyport/client";
import { useState } from "react";
import { client } from "../frame/client.ts";
import { ConfirmButton } from "../frame/confirm.tsx";
import { words } from "../words/administration.ts";

/** What an administrator can do about an account that is not their own. */
export function PersonActions(props: { person: components["schemas"]["PersonDetail"]; onDone(): Promise<void> }) {
  const { person } = props;
  const [done, setDone] = useState(false);
  const params = { params: { path: { id: person.id } } };
  const own = person.id === client.session.user?.id;
  const finished = () => {
    setDone(true);
    void props.onDone();
  };

  return (
    <>
      <Group>
        {person.state !== "disabled" && (
          <ConfirmButton
            label={words.sendReset}
            question={words.sendResetAsk}
            work={() => client.api.POST("/api/v1/admin/users/{id}/send-reset", params)}
            onDone={finished}
          />
        )}
        <ConfirmButton
          label={words.endAll}
          question={words.endAllAsk}
          work={() => client.api.DELETE("/api/v1/admin/users/{id}/sessions", params)}
          onDone={finished}
        />
        {person.role !== "admin" && (
          <ConfirmButton
            danger
            label={words.resetFactors}
            question={words.resetFactorsAsk}
            work={() => client.api.POST("/api/v1/admin/users/{id}/reset-factors", params)}
            onDone={finished}
          />
        )}
        <ConfirmButton
          label={words.enable}
          question={words.enableAsk}
          work={() => client.api.POST("/api/v1/admin/users/{id}/enable", params)}
          onDone={finished}
        />
        {!own && person.state !== "disabled" && (
          <ConfirmButton
            danger
            label={words.disable}
            question={words.disableAsk}
            work={() => client.api.POST("/api/v1/admin/users/{id}/disable", params)}
            onDone={finished}
          />
        )}
        {!own && (
          <ConfirmButton
            danger
            label={words.remove}
            question={words.removeAsk}
            work={() => client.api.DELETE("/api/v1/admin/users/{id}", params)}
            onDone={() => {
              location.hash = "people";
            }}
          />
        )}
      </Group>
      <div role="status">{done && <Text>{words.done}</Text>}</div>
    </>
  );
}
