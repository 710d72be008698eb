import React from 'react';
import { Choice } from '../form/Choice';
import { Text } from '../form/Text';
import { meanings } from './meanings';
import { Row } from './Section';
import { SecretField } from './SecretField';
import { Secret } from './secrets';
import { defaults, Source } from './settings';
import { Faults } from './validate';

interface Props {
  source: Source;
  path: string;
  faults: Faults;
  readOnly: boolean;
  token: Secret;
  appKey: Secret;
  /** Changes the source, and forgets the secret of the other way in. */
  onAccess: (access: 'token' | 'app') => void;
  onPut: (patch: Partial<Source>) => void;
}

/** Where a GitHub is, and how to get in: with a token, or as an App. */
export function GithubAccess({ source, path, faults, readOnly: disabled, token, appKey, onAccess, onPut }: Props) {
  const app = isApp(source, appKey);
  return (
    <Row>
      <Text
        label="URL"
        description="For GitHub Enterprise: https://HOST/api/v3"
        placeholder={defaults.url}
        value={source.url}
        error={faults[`${path}.url`]}
        disabled={disabled}
        onChange={(url) => onPut({ url })}
      />
      <Choice
        label="Read over"
        description="Which of GitHub's two interfaces."
        value={source.api ?? meanings.api[0].value}
        options={meanings.api}
        disabled={disabled}
        onChange={(api) => onPut({ api: api === meanings.api[0].value ? undefined : api })}
      />
      <Choice
        label="Get in with"
        description="Whom GitHub lets in."
        value={app ? 'app' : 'token'}
        options={meanings.access}
        disabled={disabled}
        onChange={(access) => onAccess(access === 'app' ? 'app' : 'token')}
      />
      {app ? (
        <>
          <Text
            label="App id"
            description="Or its client id."
            value={source.appId}
            error={faults[`${path}.appId`]}
            disabled={disabled}
            onChange={(appId) => onPut({ appId: appId ?? '' })}
            width={20}
          />
          <Text
            label="Installation id"
            description="The number at the end of its address."
            value={source.installationId}
            error={faults[`${path}.installationId`]}
            disabled={disabled}
            onChange={(installationId) => onPut({ installationId: installationId ?? '' })}
            width={28}
          />
          <SecretField
            label="Private key"
            description="The file in PEM that GitHub hands out."
            secret={appKey}
            readOnly={disabled}
            long
          />
        </>
      ) : (
        <SecretField
          label="Token"
          description="May read repositories, deployments, pull requests, issues."
          secret={token}
          readOnly={disabled}
        />
      )}
    </Row>
  );
}

export function isApp(source: Source, appKey: Secret): boolean {
  return source.appId !== undefined || source.installationId !== undefined || appKey.configured;
}
