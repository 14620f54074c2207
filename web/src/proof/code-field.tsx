import { PinInput, Stack, Text, TextInput } from "@mantine/core";
import { useId } from "react";
import { words } from "../words/sign-in.ts";

const digits = 6;

/** Six boxes for a code of digits: pasting fills them all, the phone offers the code of an SMS, the last digit sends. */
export function CodeField(props: {
  value: string;
  error: boolean;
  disabled: boolean;
  onChange(value: string): void;
  onComplete(value: string): void;
}) {
  const label = useId();
  return (
    <Stack gap={4} role="group" aria-labelledby={label}>
      <Text id={label} size="sm" fw={500}>
        {words.code}
      </Text>
      <PinInput
        length={digits}
        type="number"
        inputMode="numeric"
        oneTimeCode
        autoFocus
        size="md"
        gap="0.25rem"
        value={props.value}
        error={props.error}
        readOnly={props.disabled}
        onChange={props.onChange}
        onComplete={props.onComplete}
        getInputProps={(index) => ({ "aria-label": words.digit(index + 1) })}
      />
    </Stack>
  );
}

/** One field for a backup code. */
export function BackupCodeField(props: { value: string; onChange(value: string): void }) {
  return (
    <TextInput
      label={words.methods.backup_code}
      name="code"
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      required
      data-autofocus
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}
