import { Checkbox } from '@grafana/ui';
import React from 'react';
import { Choice } from '../form/Choice';
import { Text } from '../form/Text';
import { merge } from './change';
import { meanings } from './meanings';
import { defaults, SourceDeployments } from './settings';
import { Faults } from './validate';

interface Props {
  deployments: SourceDeployments;
  path: string;
  faults: Faults;
  readOnly: boolean;
  onChange: (deployments: SourceDeployments) => void;
}

/** What counts as a deployment in a GitHub. Keys that do not belong to a kind go when another is chosen. */
export function GithubDeployments({ deployments, path, faults, readOnly: disabled, onChange }: Props) {
  const from = deployments.from ?? meanings.deploymentsFrom[0].value;
  const put = (patch: Partial<SourceDeployments>) => onChange(merge(deployments, patch));
  return (
    <>
      <Choice
        label="Deployments from"
        description="What counts as a deployment."
        value={from}
        options={meanings.deploymentsFrom}
        disabled={disabled}
        onChange={(next) => onChange(keep(deployments, next))}
      />
      {from === 'workflow_runs' && (
        <>
          <Text
            label="Workflow pattern"
            description="Matches the names of those that deploy."
            placeholder="any"
            value={deployments.workflow}
            error={faults[`${path}.workflow`]}
            disabled={disabled}
            onChange={(workflow) => put({ workflow })}
            width={32}
          />
          <Text
            label="Branch"
            description="That they ran on."
            placeholder="any"
            value={deployments.branch}
            disabled={disabled}
            onChange={(branch) => put({ branch })}
            width={20}
          />
        </>
      )}
      {from !== 'deployments' && (
        <Text
          label="Environment"
          description="Where all of them go."
          placeholder={defaults.environment}
          value={deployments.environment}
          disabled={disabled}
          onChange={(environment) => put({ environment })}
          width={24}
        />
      )}
      {from === 'releases' && (
        <Checkbox
          label="Prereleases too"
          description="Whether those marked as such count."
          value={deployments.prereleases ?? false}
          disabled={disabled}
          onChange={({ currentTarget }) => put({ prereleases: currentTarget.checked || undefined })}
        />
      )}
    </>
  );
}

function keep(before: SourceDeployments, from: string): SourceDeployments {
  const environment = from === 'deployments' ? undefined : before.environment;
  return merge({}, { from, environment }) as SourceDeployments;
}
