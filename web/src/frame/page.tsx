import { Paper, Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { BrandMark } from "./brand.tsx";

/** One card in the middle of the page. Its title takes the focus when it changes, so that a screen reader tells it. */
export function Page({ title, children }: { title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = title;
    if (!first.current) {
      heading.current?.focus();
    }
    first.current = false;
  }, [title]);

  return (
    <main className="page">
      <Paper className="card" p="lg" withBorder shadow="sm">
        <BrandMark />
        <Title order={1} size="h3" mb="md" ref={heading} tabIndex={-1}>
          {title}
        </Title>
        {children}
      </Paper>
    </main>
  );
}
