import { Anchor, createTheme, MantineProvider } from "@mantine/core";
import type { ReactNode } from "react";
import "./theme.css";

const theme = createTheme({
  primaryColor: "teal",
  primaryShade: 9,
  defaultRadius: "md",
  components: { Anchor: Anchor.extend({ defaultProps: { underline: "always" } }) }, // colour alone does not tell a link
});

/** The look of every page: light or dark as the device likes it. */
export function Look({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      {children}
    </MantineProvider>
  );
}
