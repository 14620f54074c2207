import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Look } from "../frame/look.tsx";
import { Room, type Section } from "../frame/room.tsx";
import { words } from "../words/administration.ts";
import { Audit } from "./audit.tsx";
import { Outbox } from "./outbox.tsx";
import { People } from "./people.tsx";
import { Server } from "./server.tsx";
import { Sessions } from "./sessions.tsx";
import { Status } from "./status.tsx";

const sections: readonly Section[] = [
  { id: "status", title: words.status, Content: Status },
  { id: "people", title: words.people, Content: People },
  { id: "sessions", title: words.sessions, Content: Sessions },
  { id: "audit", title: words.audit, Content: Audit },
  { id: "outbox", title: words.outbox, Content: Outbox },
  { id: "server", title: words.server, Content: Server },
];

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Look>
        <Room title={words.title} sections={sections} />
      </Look>
    </StrictMode>,
  );
}
