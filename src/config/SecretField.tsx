import { Input, SecretInput, SecretTextArea } from '@grafana/ui';
import React from 'react';
import { Labelled, Named } from '../form/Labelled';
import { Secret } from '../settings/secrets';

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
  const shared = {
    isConfigured: secret.configured,
    value: secret.typed,
    autoComplete: 'new-password',
    onReset: secret.reset,
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => secret.write(currentTarget.value),
  };
  const typed = (props: Named & typeof shared) =>
    long ? <SecretTextArea {...props} rows={4} cols={40} /> : <SecretInput {...props} width={40} />;
  return (
    <Labelled label={label} description={description}>
      {(named) =>
        readOnly ? (
          <Input {...named} width={40} disabled readOnly value={secret.configured ? 'configured' : 'not configured'} />
        ) : (
          typed({ ...named, ...shared })
        )
      }
    </Labelled>
  );
}
