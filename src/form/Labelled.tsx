import { Field, Label } from '@grafana/ui';
import React, { ComponentProps, useId } from 'react';

/** What ties a control to its label, for the control to carry. */
export interface Named {
  id: string;
  'aria-labelledby': string;
}

interface Props {
  label: string;
  description?: string;
  /** Where set, what is wrong with the value. */
  error?: string;
  children: (named: Named) => ComponentProps<typeof Field>['children'];
}

/** A control below its label: pressing the label focuses it, a screen reader names it and its menu by it alone. */
export function Labelled({ label, description, error, children }: Props) {
  const id = useId();
  const labelId = `${id}-label`;
  const caption = (
    <Label htmlFor={id} description={description}>
      <span id={labelId}>{label}</span>
    </Label>
  );
  return (
    <Field noMargin label={caption} invalid={error !== undefined} error={error}>
      {children({ id, 'aria-labelledby': labelId })}
    </Field>
  );
}
