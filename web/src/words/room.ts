/** The texts that every room has. */
export const words = {
  looking: "One moment…",
  parts: "Parts of this page",
  signOut: "Sign out",
  administration: "Administration",
  account: "Your account",
  more: "Show more",
  loading: "Loading…",
  nothing: "There is nothing here.",
  never: "never",
} as const;
