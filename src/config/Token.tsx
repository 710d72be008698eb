import { Input, SecretInput } from '@grafana/ui';
import React from 'react';
import { Labelled } from '../form/Labelled';

interface Props {
  value: string;
  /** Whether Grafana has one; it never comes back to the browser. */
  configured: boolean;
  readOnly: boolean;
  onChange: (token: string) => void;
  onReset: () => void;
}

/** A secret that can be written and reset, and read by nobody. */
export function Token({ value, configured, readOnly, onChange, onReset }: Props) {
  return (
    <Labelled label="Token" description="May read repositories, deployments, pull requests, issues.">
      {(named) =>
        readOnly ? (
          <Input {...named} width={40} disabled readOnly value={configured ? 'configured' : 'not configured'} />
        ) : (
          <SecretInput
            {...named}
            width={40}
            isConfigured={configured}
            value={value}
            autoComplete="new-password"
            onChange={({ currentTarget }) => onChange(currentTarget.value)}
            onReset={onReset}
          />
        )
      }
    </Labelled>
  );
}
