import { Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Factors } from "./factors.tsx";
import { NewCodes } from "./new-codes.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Password } from "./password.tsx";

/** Everything that proves who somebody is. */
export function Security() {
  const [codes, setCodes] = useState<readonly string[]>([]);
  const queries = useQueryClient();
  /** What is set up has changed; the first factor brings backup codes along. */
  const changed = (fresh: readonly string[] | null | undefined) => {
    setCodes(fresh ?? []);
    void queries.invalidateQueries({ queryKey: ["mfa"] });
    void queries.invalidateQueries({ queryKey: ["passkeys"] });
  };
  return (
    <Stack gap="xl">
      {codes.length > 0 && <NewCodes codes={codes} onKept={() => setCodes([])} />}
      <Passkeys onChanged={changed} />
      <Factors onChanged={changed} />
      <Password />
    </Stack>
  );
}
