import React from 'react';
import { Choice } from '../form/Choice';
import { Text } from '../form/Text';
import { merge } from '../settings/change';
import { fieldsOf, Place } from '../settings/fields';
import { meanings } from '../settings/meanings';
import { Row } from './Section';
import { SecretField } from './SecretField';
import { TokenLink } from './TokenLink';
import { Secret } from '../settings/secrets';
import { byDefault, defaults, Source } from '../settings/settings';

interface Props extends Place {
  source: Source;
  token: Secret;
  appKey: Secret;
  /** Changes the source, and forgets the secret of the other way in. */
  onAccess: (access: 'token' | 'app') => void;
  onChange: (source: Source) => void;
}

/** Where a GitHub is, and how to get in: with a token, or as an App. */
export function GithubAccess(props: Props) {
  const { source, readOnly, token, appKey, onAccess, onChange } = props;
  const field = fieldsOf(source, props, onChange);
  const app = isApp(source, appKey);
  return (
    <>
      <Row>
        <Text
          label="URL"
          description="For GitHub Enterprise: https://HOST/api/v3"
          placeholder={byDefault(defaults.url)}
          {...field('url')}
        />
        <Choice
          label="API"
          description="Which of GitHub's two interfaces."
          options={meanings.api}
          {...field('api')}
          value={source.api ?? meanings.api[0].value}
          onChange={(api) => onChange(merge(source, { api: api === meanings.api[0].value ? undefined : api }))}
        />
        <Choice
          label="Authentication"
          description="How GitHub lets it in."
          value={app ? 'app' : 'token'}
          options={meanings.access}
          disabled={readOnly}
          onChange={(access) => onAccess(access === 'app' ? 'app' : 'token')}
        />
        {app ? (
          <>
            <Text
              label="App id"
              description="Or its client id."
              width={20}
              {...field('appId')}
              onChange={(appId) => onChange(merge(source, { appId: appId ?? '' }))}
            />
            <Text
              label="Installation id"
              description="The number at the end of its address."
              width={28}
              {...field('installationId')}
              onChange={(installationId) => onChange(merge(source, { installationId: installationId ?? '' }))}
            />
            <SecretField
              label="Private key"
              description="The file in PEM that GitHub hands out."
              secret={appKey}
              readOnly={readOnly}
              long
            />
          </>
        ) : (
          <SecretField
            label="Token"
            description="May read repositories, deployments, pull requests, issues."
            secret={token}
            readOnly={readOnly}
          />
        )}
      </Row>
      {!readOnly && <TokenLink source={source} app={app} />}
    </>
  );
}

export function isApp(source: Source, appKey: Secret): boolean {
  return source.appId !== undefined || source.installationId !== undefined || appKey.configured;
}
