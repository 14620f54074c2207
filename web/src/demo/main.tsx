import { createClient } from "@sallyport/client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Demo } from "./demo.tsx";
import "./demo.css";

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Demo client={createClient()} />
    </StrictMode>,
  );
}
