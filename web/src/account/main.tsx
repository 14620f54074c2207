import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Look } from "../frame/look.tsx";
import { Room, type Section } from "../frame/room.tsx";
import { words } from "../words/account.ts";
import { takeCode } from "./come-back.ts";
import { Data } from "./data.tsx";
import { Devices } from "./devices.tsx";
import { Events } from "./events.tsx";
import { Linked } from "./linked.tsx";
import { Overview } from "./overview.tsx";
import { Profile } from "./profile.tsx";
import { Security } from "./security.tsx";

const sections: readonly Section[] = [
  { id: "overview", title: words.overview, Content: Overview },
  { id: "profile", title: words.profile, Content: Profile },
  { id: "security", title: words.security, Content: Security },
  { id: "devices", title: words.devices, Content: Devices },
  { id: "linked", title: words.linked, Content: Linked },
  { id: "events", title: words.events, Content: Events },
  { id: "data", title: words.data, Content: Data },
];

takeCode();
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
