import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Look } from "../frame/look.tsx";
import { ForgotPage } from "./forgot-page.tsx";
import { SignInPage } from "./sign-in-page.tsx";
import { SignUpPage } from "./sign-up-page.tsx";

const pages: Record<string, () => React.JSX.Element> = {
  "/sign-in": SignInPage,
  "/sign-up": SignUpPage,
  "/forgot-password": ForgotPage,
};

const root = document.getElementById("root");
const Here = pages[location.pathname.replace(/\.html$/, "")] ?? SignInPage;
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Look>
        <Here />
      </Look>
    </StrictMode>,
  );
}
