import { createClient } from "@sallyport/client";

/** The server these pages came from. */
export const client = createClient();
