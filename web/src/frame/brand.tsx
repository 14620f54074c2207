import type { components } from "@sallyport/client";
import { useEffect, useState } from "react";
import { client } from "./client.ts";

/** How this server presents itself. */
export type Brand = Pick<components["schemas"]["Brand"], "name" | "logo" | "sign_up">;

const loading: Brand = { name: "", logo: "", sign_up: false };
const unknown: Brand = { name: location.hostname, logo: "/favicon.svg", sign_up: true };

/** Asked once a page. */
let asked: Promise<Brand> | undefined;

async function ask(): Promise<Brand> {
  try {
    return (await client.api.GET("/api/v1/brand")).data ?? unknown;
  } catch {
    return unknown; // the page works without
  }
}

/** The server's name and logo; empty for a moment. */
export function useBrand(): Brand {
  const [brand, setBrand] = useState(loading);
  useEffect(() => {
    asked ??= ask();
    void asked.then(setBrand);
  }, []);
  return brand;
}

/** Name and logo, in a place that is as large before they are known. */
export function BrandMark({ title }: { title?: string }) {
  const { name, logo } = useBrand();
  return (
    <div className="brand">
      {logo === "" ? <span className="logo" /> : <img className="logo" src={logo} alt="" />}
      {title === undefined || name === "" ? name : `${name} · ${title}`}
    </div>
  );
}
