/** The texts of the window that asks for a fresh proof, and of the one that asks before something is done. */
export const words = {
  title: "Confirm that it is you",
  lead: "This needs a recent proof, because not everybody who sits at this device may do it.",
  signInAgain: "Sign in again",
  cancel: "Cancel",
  notDone: "Nothing was done: the proof was not given.",
} as const;
