import React from 'react';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { fieldsOf, Place } from '../settings/fields';
import { GithubAccess } from './GithubAccess';
import { GithubDeployments } from './GithubDeployments';
import { Secret, SecretName } from '../settings/secrets';
import { Notice, Row } from './Section';
import { Source } from '../settings/settings';

interface Props extends Place {
  source: Source;
  secret: (name: SecretName) => Secret;
  onAccess: (access: 'token' | 'app') => void;
  onChange: (source: Source) => void;
}

/** A GitHub: where it is, how to get in, and what to read there. */
export function GithubSource(props: Props) {
  const { source, path, faults, readOnly, secret, onChange } = props;
  const field = fieldsOf(source, props, onChange);
  const incidents = fieldsOf(
    source.incidents ?? {},
    { path: `${path}.incidents`, faults, readOnly },
    field('incidents').onChange
  );
  return (
    <>
      <GithubAccess {...props} token={secret('token')} appKey={secret('appPrivateKey')} />
      <Row>
        <Lines
          label="Repositories"
          description="One a line, as owner/name with * for any; ! in front leaves out."
          placeholder={'e.g. example-health/*\n!example-health/archived-*'}
          rows={3}
          {...field('repositories')}
        />
        <GithubDeployments
          deployments={source.deployments ?? {}}
          path={`${path}.deployments`}
          faults={faults}
          readOnly={readOnly}
          onChange={field('deployments').onChange}
        />
      </Row>
      <Row>
        <Lines
          label="Incident labels"
          description="One a line. Issues with one of them are incidents; none: no incidents."
          placeholder="e.g. incident"
          {...incidents('labels')}
        />
        <Text
          label="Severity pattern"
          description="A regular expression on labels; its first group is the severity."
          placeholder="e.g. ^sev(\d)$"
          {...incidents('severity')}
        />
      </Row>
      {!source.incidents?.labels?.length && (
        <Notice>
          No incidents are read: no incident label is given. Failures are then told by rollbacks, reverts and hotfixes
          alone.
        </Notice>
      )}
    </>
  );
}
