import { Input, SecretInput, SecretTextArea } from '@grafana/ui';
import React from 'react';
import { Labelled } from '../form/Labelled';
import { Secret } from './secrets';

interface Props {
  label: string;
  description: string;
  secret: Secret;
  readOnly: boolean;
  /** Whether it has several lines, such as a key. */
  long?: boolean;
}

/** A secret that can be written and reset, and read by nobody. */
export function SecretField({ label, description, secret, readOnly, long }: Props) {
  const Field = long ? SecretTextArea : SecretInput;
  return (
    <Labelled label={label} description={description}>
      {(named) =>
        readOnly ? (
          <Input {...named} width={40} disabled readOnly value={secret.configured ? 'configured' : 'not configured'} />
        ) : (
          <Field
            {...named}
            {...(long ? { rows: 4, cols: 40 } : { width: 40 })}
            isConfigured={secret.configured}
            value={secret.typed}
            autoComplete="new-password"
            onChange={({ currentTarget }: React.FormEvent<HTMLInputElement & HTMLTextAreaElement>) =>
              secret.write(currentTarget.value)
            }
            onReset={secret.reset}
          />
        )
      }
    </Labelled>
  );
}
