import type { Client } from "@sallyport/client";
import { useSession } from "@sallyport/client/react";
import { useEffect } from "react";
import { Live } from "./live.tsx";
import { SignInForm } from "./sign-in-form.tsx";
import { words } from "./words.ts";

/** An application as small as can be: a form for who is not signed in, a live view for who is. */
export function Demo({ client }: { client: Client }) {
  const state = useSession(client);
  useEffect(() => {
    // A cookie of an earlier visit signs in by itself; a failure shows the form.
    client.session.accessToken().catch(() => client.session.clear());
  }, [client]);

  return (
    <main>
      <header>
        <h1>{words.title}</h1>
        <p className="lead">{words.lead}</p>
      </header>
      {state === "unknown" && <p role="status">{words.looking}</p>}
      {state === "signed_out" && <SignInForm client={client} />}
      {state === "signed_in" && <Live client={client} />}
    </main>
  );
}
