import { Anchor, Button, Text, Title } from "@mantine/core";
import { useSession } from "@sallyport/client/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { words } from "../words/room.ts";
import { BrandMark } from "./brand.tsx";
import { client } from "./client.ts";
import { StepUp } from "./step-up.tsx";
import { useHash } from "./use-hash.ts";

/** One part of a room, shown while the address ends in #id. */
export interface Section {
  id: string;
  title: string;
  Content: (props: { rest: string }) => ReactNode;
}

/** The server says when to try again; a room asks once, and again when its person comes back to it. */
const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 5_000 } } });

/** A page with parts, for whoever is signed in; everybody else is led to the sign-in and back. */
export function Room(props: { title: string; sections: readonly Section[] }) {
  const state = useSession(client);
  useEffect(() => {
    client.session.accessToken().catch(() => client.session.clear());
  }, []);
  useEffect(() => {
    if (state === "signed_out") {
      const here = location.pathname + location.hash;
      location.replace(`/sign-in?return_to=${encodeURIComponent(here)}`);
    }
  }, [state]);

  if (state !== "signed_in") {
    return (
      <main className="page">
        <Text role="status">{words.looking}</Text>
      </main>
    );
  }
  return (
    <QueryClientProvider client={queries}>
      <StepUp>
        <Inside {...props} />
      </StepUp>
    </QueryClientProvider>
  );
}

function Inside({ title, sections }: { title: string; sections: readonly Section[] }) {
  const [id, rest] = useHash();
  const section = sections.find((s) => s.id === id) ?? sections[0];
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(section?.id);
  useEffect(() => {
    document.title = `${section?.title} · ${title}`;
    if (shown.current !== section?.id) {
      shown.current = section?.id;
      heading.current?.focus();
    }
  }, [section, title]);
  const user = client.session.user;

  return (
    <div className="room">
      <header className="room-head">
        <BrandMark title={title} />
        <div className="room-who">
          <Text size="sm">{user?.email}</Text>
          {location.pathname !== "/account" && <Anchor href="/account">{words.account}</Anchor>}
          {user?.role === "admin" && location.pathname !== "/administration" && (
            <Anchor href="/administration">{words.administration}</Anchor>
          )}
          <Button variant="default" size="compact-sm" onClick={() => void client.signOut()}>
            {words.signOut}
          </Button>
        </div>
      </header>
      <nav className="room-nav" aria-label={words.parts}>
        {sections.map((s) => (
          <a key={s.id} href={`#${s.id}`} aria-current={s === section ? "page" : undefined}>
            {s.title}
          </a>
        ))}
      </nav>
      <main className="room-main">
        <Title order={1} size="h3" mb="md" ref={heading} tabIndex={-1}>
          {section?.title}
        </Title>
        {section !== undefined && <section.Content rest={rest} />}
      </main>
    </div>
  );
}
