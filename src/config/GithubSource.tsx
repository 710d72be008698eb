import React from 'react';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { merge } from './change';
import { GithubAccess } from './GithubAccess';
import { GithubDeployments } from './GithubDeployments';
import { Secret, SecretName } from './secrets';
import { Row } from './Section';
import { Source } from './settings';
import { Faults } from './validate';

interface Props {
  source: Source;
  path: string;
  faults: Faults;
  readOnly: boolean;
  secret: (name: SecretName) => Secret;
  onAccess: (access: 'token' | 'app') => void;
  onPut: (patch: Partial<Source>) => void;
}

/** A GitHub: where it is, how to get in, and what to read there. */
export function GithubSource({ source, path, faults, readOnly: disabled, secret, onAccess, onPut: put }: Props) {
  const incidents = source.incidents ?? {};
  const putIncidents = (patch: Partial<typeof incidents>) => put({ incidents: merge(incidents, patch) });
  return (
    <>
      <GithubAccess
        source={source}
        path={path}
        faults={faults}
        readOnly={disabled}
        token={secret('token')}
        appKey={secret('appPrivateKey')}
        onAccess={onAccess}
        onPut={put}
      />
      <Row>
        <Lines
          label="Repositories"
          description="One a line, as owner/name with * for any; ! in front leaves out."
          placeholder={'example-health/*\n!example-health/archived-*'}
          value={source.repositories}
          error={faults[`${path}.repositories`]}
          disabled={disabled}
          rows={3}
          onChange={(repositories) => put({ repositories })}
        />
        <GithubDeployments
          deployments={source.deployments ?? {}}
          path={`${path}.deployments`}
          faults={faults}
          readOnly={disabled}
          onChange={(deployments) => put({ deployments })}
        />
      </Row>
      <Row>
        <Lines
          label="Incident labels"
          description="One a line. Issues with one of them are incidents; none: no incidents."
          placeholder="incident"
          value={incidents.labels}
          disabled={disabled}
          onChange={(labels) => putIncidents({ labels })}
        />
        <Text
          label="Severity pattern"
          description="A regular expression on labels; its first group is the severity."
          placeholder="^sev(\d)$"
          value={incidents.severity}
          error={faults[`${path}.incidents.severity`]}
          disabled={disabled}
          onChange={(severity) => putIncidents({ severity })}
        />
      </Row>
    </>
  );
}
