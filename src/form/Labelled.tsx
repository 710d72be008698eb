import { Field, Label, TextLink } from '@grafana/ui';
import React, { ComponentProps, useId } from 'react';
import { useJudged, usePage } from './Judged';

/** What ties a control to its label, for the control to carry. */
export interface Named {
  id: string;
  'aria-labelledby': string;
  invalid: boolean;
}

interface Props {
  label: string;
  description?: string;
  /** Where set, what is wrong with the value. */
  error?: string;
  children: (named: Named) => ComponentProps<typeof Field>['children'];
}

/**
 * A control below its label: pressing the label focuses it, a screen reader names it and its menu by it alone. What is wrong is
 * said once the value is judged, with the page that explains it.
 */
export function Labelled({ label, description, error, children }: Props) {
  const id = useId();
  const page = usePage();
  const { judged, leave } = useJudged();
  const shown = judged ? error : undefined;
  const labelId = `${id}-label`;
  const caption = (
    <Label htmlFor={id} description={description}>
      <span id={labelId}>{label}</span>
    </Label>
  );
  return (
    <div onBlur={leave}>
      <Field noMargin label={caption} invalid={shown !== undefined} error={shown && explained(shown, page)}>
        {children({ id, 'aria-labelledby': labelId, invalid: shown !== undefined })}
      </Field>
    </div>
  );
}

function explained(error: string, page: string | undefined) {
  return page === undefined ? (
    error
  ) : (
    <>
      {error}.{' '}
      <TextLink href={page} external inline variant="bodySmall">
        What it means
      </TextLink>
    </>
  );
}
