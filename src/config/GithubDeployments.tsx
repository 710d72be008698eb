import { Checkbox } from '@grafana/ui';
import React from 'react';
import { Choice } from '../form/Choice';
import { Text } from '../form/Text';
import { merge } from '../settings/change';
import { fieldsOf, Place } from '../settings/fields';
import { meanings } from '../settings/meanings';
import { byDefault, defaults, SourceDeployments } from '../settings/settings';

interface Props extends Place {
  deployments: SourceDeployments;
  onChange: (deployments: SourceDeployments) => void;
}

/** What counts as a deployment in a GitHub. Keys that do not belong to a kind go when another is chosen. */
export function GithubDeployments(props: Props) {
  const { deployments, readOnly, onChange } = props;
  const field = fieldsOf(deployments, props, onChange);
  const from = deployments.from ?? meanings.deploymentsFrom[0].value;
  return (
    <>
      <Choice
        label="Deployments from"
        description="What counts as a deployment."
        options={meanings.deploymentsFrom}
        {...field('from')}
        value={from}
        onChange={(next) => onChange(keep(deployments, next))}
      />
      {from === 'workflow_runs' && (
        <>
          <Text
            label="Workflow pattern"
            description="Matches the names of those that deploy."
            placeholder={byDefault('any')}
            width={32}
            {...field('workflow')}
          />
          <Text
            label="Branch"
            description="That they ran on."
            placeholder={byDefault('any')}
            width={20}
            {...field('branch')}
          />
        </>
      )}
      {from !== 'deployments' && (
        <Text
          label="Environment"
          description="Where all of them go."
          placeholder={byDefault(defaults.environment)}
          width={24}
          {...field('environment')}
        />
      )}
      {from === 'releases' && (
        <Checkbox
          label="Prereleases too"
          description="Whether those marked as such count."
          value={deployments.prereleases ?? false}
          disabled={readOnly}
          onChange={({ currentTarget }) => field('prereleases').onChange(currentTarget.checked || undefined)}
        />
      )}
    </>
  );
}

function keep(before: SourceDeployments, from: string): SourceDeployments {
  const environment = from === 'deployments' ? undefined : before.environment;
  return merge({}, { from, environment }) as SourceDeployments;
}
