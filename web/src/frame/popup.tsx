import { Title } from "@mantine/core";
import { type ReactNode, useEffect, useId, useRef } from "react";

/** A window over the page, which keeps the keyboard inside until it is closed. */
export function Popup(props: { title: string; onClose(): void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const label = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="popup"
      aria-labelledby={label}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <Title id={label} order={2} size="h4" mb="md">
        {props.title}
      </Title>
      {props.children}
    </dialog>
  );
}
