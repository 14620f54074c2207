import { Alert } from "@mantine/core";
import { sentence } from "../words/problems.ts";

/** What went wrong, told at once to who listens instead of looks. */
export function Failure({ error }: { error: unknown }) {
  return (
    <div role="alert">
      {error !== undefined && (
        <Alert color="red" variant="outline" role="presentation">
          {typeof error === "string" ? error : sentence(error)}
        </Alert>
      )}
    </div>
  );
}
