import { useQuery } from "@tanstack/react-query";
import { client } from "../frame/client.ts";

/** What is set up as a second factor. */
export const useStatus = () =>
  useQuery({ queryKey: ["mfa"], queryFn: async () => (await client.api.GET("/api/v1/mfa/status")).data });

/** The passkeys of the account. */
export const usePasskeys = () =>
  useQuery({
    queryKey: ["passkeys"],
    queryFn: async () => (await client.api.GET("/api/v1/webauthn/credentials")).data,
  });

/** The signed-in user as the server has them now. */
export const useMe = () =>
  useQuery({ queryKey: ["me"], queryFn: async () => (await client.api.GET("/api/v1/me")).data });

/** The open sessions, asked for again and again: a socket that closes is seen to close. */
export const useSessions = () =>
  useQuery({
    queryKey: ["sessions"],
    queryFn: async () => (await client.api.GET("/api/v1/me/sessions")).data,
    refetchInterval: 5_000,
  });
